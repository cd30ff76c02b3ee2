"""`/api/v2/governance/ledger/` and `budgets/`, and the page of budgets (design 6.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.ledger import budget, names
from governance.ledger.amounts import usd_text
from governance.ledger.models import PICO_PER_USD, Account
from governance.ledger.tree import window_starts
from tests.cast import Api, Person, make_workshop
from tests.governance.checkpoints.asking import counted


def spend(person: Person, thread: Any = None, run: Any = None, tokens: int = 120, pico: int = 900) -> Any:
    """Holds 500 credits and 7 000 pico-USD on a thread (and run), uses `tokens` and `pico`; the thread's id."""
    thread = thread or uuid7()
    with person.acting(), transaction.atomic():
        account = budget.thread_account(thread, "personal", 10_000)
        if run is not None:
            account = budget.run_account(run, account, 1_000)
        reserved = budget.hold(account, 500, 7_000, run=run, thread=thread)
        budget.settle(reserved.id, tokens, pico)
    return thread


def ledger(person: Person, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.api.get(f"governance/ledger/{query}").json()["results"]
    return found


def accounts(person: Person, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.api.get(f"governance/budgets/{query}").json()["results"]
    return found


@pytest.mark.parametrize(
    ("pico", "text"),
    [
        (0, "0.00 USD"),
        (18_400_000_000, "0.0184 USD"),
        (-900, "-0.0000000009 USD"),
        (10 * PICO_PER_USD, "10.00 USD"),
        (1, "0.000000000001 USD"),
        (2**62, "4611686.018427387904 USD"),
    ],
)
def test_money_is_told_to_the_last_digit(pico: int, text: str) -> None:
    assert usd_text(pico) == text


def test_the_identitys_own_movements_come_by_default(alice: Person) -> None:
    spend(alice)
    rows = ledger(alice)
    assert [(row["kind"], row["tokens"], row["pico_usd"], row["balance_tokens"]) for row in rows] == [
        ("settle", -120, -900, 99_880),
        ("release", 500, 7_000, 100_000),
        ("hold", -500, -7_000, 99_500),
        ("allocation", 100_000, 0, 100_000),
    ]
    assert set(rows[0]) >= {"kind", "account", "tokens", "pico_usd", "balance_tokens", "at", "run"}
    assert len({row["account"] for row in rows}) == 1
    assert rows[0]["amount"] == "-0.0000000009 USD"


def test_a_thread_a_run_or_an_account_of_the_tree_can_be_named(alice: Person) -> None:
    run = uuid7()
    thread = spend(alice, run=run)
    of_thread, of_run = ledger(alice, f"?thread={thread}"), ledger(alice, f"?run={run}")
    assert [row["balance_tokens"] for row in of_thread] == [9_880, 10_000, 9_500, 10_000]
    assert [row["balance_tokens"] for row in of_run] == [880, 1_000, 500, 1_000]
    assert of_run[0]["run"] == str(run)
    assert ledger(alice, f"?account={of_thread[0]['account']}") == of_thread
    assert ledger(alice, f"?thread={uuid7()}") == []
    assert ledger(alice, f"?thread={thread}&run={run}") == []


def test_nothing_spent_is_an_empty_ledger(alice: Person) -> None:
    assert ledger(alice) == []


@pytest.mark.parametrize("query", ["?account=x", "?thread=1", "?colour=red", "?cursor=cD1hYmM%3D"])
def test_a_filter_that_means_nothing_is_400(alice: Person, query: str) -> None:
    spend(alice)
    assert alice.api.get(f"governance/ledger/{query}").status_code == 400


def test_another_identitys_account_is_403(alice: Person, charlie: Person) -> None:
    thread = spend(alice)
    account = ledger(alice)[0]["account"]
    for path in (f"governance/ledger/?account={account}", f"governance/budgets/?parent={account}"):
        assert charlie.api.get(path).json()["code"] == "identity_boundary_violation"
    assert ledger(charlie, f"?thread={thread}") == []
    assert charlie.browser.get(f"/budgets/?account={account}").status_code == 403


def test_the_ledger_costs_the_same_for_few_rows_and_for_many(alice: Person) -> None:
    thread = spend(alice)
    api = alice.api
    with counted() as few:
        api.get("governance/ledger/")
    spend(alice, thread)
    spend(alice, thread)
    with counted() as many:
        assert len(api.get("governance/ledger/").json()["results"]) == 10
    assert len(many) == len(few)


def test_a_budget_nobody_used_is_told_with_its_defaults(alice: Person) -> None:
    root = accounts(alice)
    assert [(row["id"], row["kind"], row["tokens_balance"]) for row in root] == [(None, "identity", 100_000)]
    spend(alice)
    used = accounts(alice, "?kind=identity")[0]
    assert [cap | {"id": None, "used": 0, "left": 100_000} for cap in used["caps"] if cap["unit"] == "tokens"] == [
        root[0]["caps"][0]
    ]


def test_a_further_identity_has_nothing_until_it_is_given_a_share(alice: Person) -> None:
    workshop = make_workshop(alice)
    root = Api(alice.user, workshop).get("governance/budgets/").json()["results"][0]
    assert (root["tokens_balance"], root["caps"][0]["limit"]) == (0, 0)


def test_the_tree_lists_parents_before_children_with_what_is_left(alice: Person) -> None:
    run = uuid7()
    thread = spend(alice, run=run)
    found = accounts(alice)
    assert [(row["kind"], row["ref"]) for row in found] == [
        ("identity", ""),
        ("sphere", "personal"),
        ("thread", str(thread)),
        ("run", str(run)),
    ]
    assert [row["parent"] for row in found] == [None, *[row["id"] for row in found[:-1]]]
    assert [(row["tokens_spent"], row["spent_pico_usd"], row["spent"]) for row in found] == [
        (120, 900, "0.0000000009 USD")
    ] * 4
    tokens, day, month = found[0]["caps"]
    assert UUID(tokens.pop("id"))
    assert tokens == {"unit": "tokens", "period": "month", "limit": 100_000, "used": 120, "held": 0, "left": 99_880}
    assert (day["period"], day["limit_pico_usd"], day["used_pico_usd"]) == ("day", 10 * PICO_PER_USD, 900)
    assert (month["left_pico_usd"], month["left"]) == (100 * PICO_PER_USD - 900, "99.9999999991 USD")


def test_what_is_reserved_is_not_left(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        budget.hold(budget.thread_account(uuid7(), "personal", 10_000), 500, 7_000)
    tokens = accounts(alice, "?kind=identity")[0]["caps"][0]
    assert (tokens["used"], tokens["held"], tokens["left"]) == (0, 500, 99_500)


def test_one_level_of_the_tree_can_be_asked_for(alice: Person) -> None:
    first = spend(alice)
    second = spend(alice)
    sphere = accounts(alice, "?kind=sphere")[0]
    assert [row["ref"] for row in accounts(alice, f"?parent={sphere['id']}")] == [str(first), str(second)]


def test_the_tree_costs_the_same_for_one_thread_and_for_three(alice: Person) -> None:
    spend(alice)
    api = alice.api
    alice.browser.get("/budgets/")
    with counted() as one:
        api.get("governance/budgets/")
    with counted() as page_of_one:
        alice.browser.get("/budgets/")
    spend(alice)
    spend(alice)
    with counted() as three:
        assert len(api.get("governance/budgets/").json()["results"]) == 5
    with counted() as page_of_three:
        alice.browser.get("/budgets/")
    assert (len(three), len(page_of_three)) == (len(one), len(page_of_one))


def test_a_past_window_counts_nothing(alice: Person) -> None:
    spend(alice)
    with alice.looking():
        starts = window_starts()
        row = Account.objects.prefetch_related("caps").get(kind="identity")
        from governance.ledger.tree import _cap

        cap = next(cap for cap in row.caps.all() if cap.unit == "tokens")
        assert _cap(cap, row, starts).used == 120
        later = {**starts, "month": starts["month"].replace(year=starts["month"].year + 1)}
        assert _cap(cap, row, later).used == 0


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_shows_the_budget_and_what_is_below(alice: Person, language: str, monkeypatch: Any) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    thread = spend(alice)
    monkeypatch.setitem(names._names, "thread", lambda refs: {ref: ("Le bail", f"/t/{ref}/") for ref in refs})
    answer = alice.browser.get("/budgets/")
    text = answer.content.decode()
    assert (answer.status_code, f'<html lang="{language}"' in text) == (200, True)
    assert "99\N{NO-BREAK SPACE}880" in text
    sphere = accounts(alice, "?kind=sphere")[0]
    assert f"?account={sphere['id']}" in text
    below = alice.browser.get(f"/budgets/?account={sphere['id']}").content.decode()
    assert "Le bail" in below
    account = accounts(alice, "?kind=thread")[0]["id"]
    assert f'href="/t/{thread}/"' in alice.browser.get(f"/budgets/?account={account}").content.decode()


def test_a_budget_page_that_does_not_exist_is_404(alice: Person) -> None:
    assert alice.browser.get(f"/budgets/?account={uuid7()}").status_code == 404
    assert alice.browser.get("/budgets/?account=x").status_code == 404


def test_a_budget_nobody_used_has_a_page(alice: Person) -> None:
    text = alice.browser.get("/budgets/").content.decode()
    assert "100\N{NO-BREAK SPACE}000" in text
