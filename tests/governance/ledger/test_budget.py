"""Budgets: nothing is spent that was not reserved, nothing reserved beyond a cap (design 3.6)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from governance.errors import BudgetExceeded
from governance.ledger import budget
from governance.ledger.models import Account, Hold, LedgerEntry, credits_for
from tests.cast import Person, make_workshop


def open_thread_account(credits: int = 10_000) -> Any:
    return budget.thread_account(uuid7(), "personal", credits)


def balances(account: Any) -> list[int]:
    return list(LedgerEntry.objects.filter(account_id=account).order_by("id").values_list("balance_tokens", flat=True))


@pytest.mark.parametrize(("tokens", "credits"), [(0, 0), (1, 1), (10, 1), (11, 2), (20_000, 2_000)])
def test_one_credit_pays_ten_model_tokens_rounded_up(tokens: int, credits: int) -> None:
    assert credits_for(tokens) == credits


def test_a_hold_reserves_on_every_account_up_to_the_identity(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        thread = open_thread_account()
        budget.hold(thread, 500, 7_000)
        held = dict(Account.objects.values_list("kind", "tokens_held"))
        assert held == {"identity": 500, "sphere": 500, "thread": 500}
        assert budget.credits_left() == (99_500, 100_000)


def test_settling_spends_what_was_used_and_releases_the_rest(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        thread = open_thread_account()
        reserved = budget.hold(thread, 500, 7_000)
        assert budget.settle(reserved.id, 120, 900) is True
        row = Account.objects.get(pk=thread)
        assert (row.tokens_held, row.tokens_spent, row.pico_usd_held, row.pico_usd_spent) == (0, 120, 0, 900)
        assert balances(thread) == [10_000, 9_500, 10_000, 9_880]
        assert Hold.objects.get(pk=reserved.id).state == "settled"


def test_a_hold_ends_only_once(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        reserved = budget.hold(open_thread_account(), 500, 7_000)
        assert [budget.release(reserved.id), budget.settle(reserved.id, 500, 7_000)] == [True, False]
        assert budget.credits_left() == (100_000, 100_000)


def test_the_balance_is_the_sum_of_the_rows(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        thread = open_thread_account()
        for used in (0, 3, 500, 77):
            budget.settle(budget.hold(thread, 500, 10).id, used, 0)
        for account in Account.objects.all():
            rows = LedgerEntry.objects.filter(account=account).values_list("tokens", flat=True)
            assert account.tokens_balance == sum(rows)


def test_a_full_thread_refuses_and_reserves_nothing_anywhere(alice: Person) -> None:
    with alice.acting():
        with transaction.atomic():
            thread = open_thread_account(credits=100)
        with pytest.raises(BudgetExceeded) as refused, transaction.atomic():
            budget.hold(thread, 101, 0)
        assert refused.value.extra["budget"]["kind"] == "thread"
        assert (refused.value.extra["budget"]["free"], refused.value.extra["budget"]["asked"]) == (100, 101)
        with transaction.atomic():
            assert set(Account.objects.values_list("tokens_held", flat=True)) == {0}


def test_a_second_identity_starts_without_credits(alice: Person) -> None:
    workshop = make_workshop(alice)
    with alice.acting(workshop), pytest.raises(BudgetExceeded), transaction.atomic():
        budget.hold(open_thread_account(), 1, 0)


def test_the_installation_ceiling_stands_above_every_identity(alice: Person, settings: Any) -> None:
    with alice.acting():
        settings.MONTHLY_USD_CAP = 0
        with pytest.raises(BudgetExceeded) as refused, transaction.atomic():
            budget.hold(open_thread_account(), 1, 1)
        assert refused.value.extra["budget"]["kind"] == "installation"


def test_a_new_window_starts_full_again(alice: Person) -> None:
    with alice.acting():
        with transaction.atomic():
            root = budget.identity_account()
            budget.settle(budget.hold(root, 60_000, 0).id, 60_000, 0)
            assert budget.credits_left() == (40_000, 100_000)
        age_windows(alice)
        with transaction.atomic():
            assert budget.credits_left() == (100_000, 100_000)
            budget.hold(root, 70_000, 0)
            assert balances(root)[-2:] == [100_000, 30_000]


def age_windows(person: Person) -> None:
    """Pretends that the present windows began in another year; only the owner of the tables can."""
    from governance.isolation.roles import as_owner

    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_cap SET window_start = '2020-01-01' WHERE identity_id = %s", [person.identity.pk]
        )


def test_a_negative_amount_is_refused_by_the_database(alice: Person) -> None:
    with alice.acting(), pytest.raises(Exception, match="never negative"), transaction.atomic():
        budget.hold(budget.identity_account(), -1, 0)


@pytest.mark.parametrize("table", ["account", "cap", "hold", "ledgerentry"])
def test_the_application_cannot_write_a_budget_table(alice: Person, table: str) -> None:
    with alice.acting(), pytest.raises(Exception, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE governance_{table} SET identity_id = identity_id")


def test_the_helpers_behind_the_entry_points_cannot_be_called(alice: Person) -> None:
    with alice.acting(), pytest.raises(Exception, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT chenu.ledger_roll(a) FROM governance_account a")


def test_another_identity_cannot_settle_a_hold(alice: Person, charlie: Person) -> None:
    with alice.acting(), transaction.atomic():
        reserved = budget.hold(open_thread_account(), 500, 0)
    with charlie.acting(), transaction.atomic():
        assert budget.settle(reserved.id, 0, 0) is False
    with alice.looking():
        assert Hold.objects.get(pk=reserved.id).state == "held"


def test_racing_holds_never_grant_more_than_the_room(alice: Person) -> None:
    """The full size (10 000 holds on room for 4 000) is `python -m benchmarks.holds`."""
    context = alice.context()
    with alice.acting(), transaction.atomic():
        thread = open_thread_account(credits=200)
    granted: list[int] = []

    def worker() -> None:
        from governance.isolation.context import bind

        mine = 0
        with bind(context):
            for _ in range(50):
                try:
                    with transaction.atomic():
                        budget.hold(thread, 1, 0)
                    mine += 1
                except BudgetExceeded:
                    continue
        connection.close()
        granted.append(mine)

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread_ in threads:
        thread_.start()
    for thread_ in threads:
        thread_.join()
    assert sum(granted) == 200
    with alice.looking():
        assert Account.objects.get(pk=thread).tokens_held == 200
