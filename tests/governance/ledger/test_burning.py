"""The course of a budget equals the ledger to the unit, and its forecast is plain arithmetic."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from governance.isolation.roles import as_owner
from governance.ledger.burning import Burn, Step, burn_of, id_from
from governance.ledger.caps import SET
from governance.ledger.models import Account, LedgerEntry
from governance.ledger.plot import HEIGHT, WIDTH, plot_of
from governance.ledger.tree import CapNow, root_now, window_starts
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import counted
from tests.governance.ledger.test_api import spend

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def spent_then(person: Person, at: datetime, tokens: int, pico: int, kind: str = "settle") -> None:
    """A movement of the past on the identity's account: only the owner of the tables can write one."""
    with person.looking():
        account = Account.objects.get(kind="identity").pk
    row = [UUID(int=id_from(at).int | secrets.randbits(60)), person.identity.pk, account, kind, -tokens, -pico, at]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO governance_ledgerentry
               (id, identity_id, account_id, kind, tokens, pico_usd, at, balance_tokens)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 0)""",
            row,
        )


def burn(person: Person, unit: str = "tokens", period: str = "month") -> Burn:
    with person.looking():
        here = root_now()
        cap = next(cap for cap in here.caps if (cap.unit, cap.period) == (unit, period))
        return burn_of(here, cap, window_starts())


@pytest.mark.parametrize("unit", ["tokens", "pico_usd"])
@pytest.mark.parametrize("period", ["day", "week", "month", "year", "lifetime"])
def test_it_equals_the_ledger_to_the_unit(alice: Person, unit: str, period: str) -> None:
    spend(alice)
    now = datetime.now(UTC)
    for days in range(0, 40, 3):
        spent_then(alice, now - timedelta(days=days, minutes=1), 10 + days, 1000 + days)
        spent_then(alice, now - timedelta(days=days, minutes=1), 77, 77, "release")
    with alice.acting():
        if (unit, period) not in {("tokens", "month"), ("pico_usd", "day"), ("pico_usd", "month")}:
            perform(SET, {"unit": unit, "period": period, "limit": 10**9})
    found = burn(alice, unit, period)
    with alice.looking():
        start = datetime.combine(window_starts()[period], datetime.min.time(), UTC)
        column = "tokens" if unit == "tokens" else "pico_usd"
        rows = LedgerEntry.objects.filter(account__kind="identity", kind="settle", at__gte=start)
        expected: Counter[datetime] = Counter()
        for at, moved in rows.values_list("at", column):
            step = at.replace(minute=0, second=0, microsecond=0)
            expected[step if period == "day" else step.replace(hour=0)] -= moved
    assert {step.at: step.used for step in found.steps} == dict(expected)
    assert [step.at for step in found.steps] == sorted(expected)
    assert (found.used, found.steps[-1].left) == (expected.total(), found.cap.limit - expected.total())
    with alice.looking():
        recent = LedgerEntry.objects.filter(account__kind="identity", kind="settle", at__gte=found.now - timedelta(7))
        assert found.recent == -sum(recent.values_list(column, flat=True))


def test_what_is_used_is_what_the_cap_counts(alice: Person) -> None:
    spend(alice)
    assert (burn(alice).used, burn(alice).cap.used) == (120, 120)


def made(limit: int, used: int, recent: int, ahead: timedelta | None) -> Burn:
    steps = [Step(NOW, used, limit - used)]
    cap = CapNow("tokens", "month", limit, used, 0)
    return Burn(cap, NOW - timedelta(days=10), NOW + ahead if ahead else None, NOW, steps, recent)


def test_the_forecast_is_that_of_the_last_seven_days() -> None:
    found = made(1_000, 300, 70, timedelta(days=20))
    assert (found.left, found.left_at_end, found.empty_at) == (700, 500, None)
    found = made(1_000, 300, 700, timedelta(days=20))
    assert (found.left_at_end, found.empty_at) == (0, NOW + timedelta(days=7))
    assert made(1_000, 300, 700, None).empty_at == NOW + timedelta(days=7)
    assert made(1_000, 300, 0, timedelta(days=20)).empty_at is None
    assert made(1_000, 1_300, 70, timedelta(days=20)).left == 0


@pytest.mark.parametrize(("used", "recent"), [(0, 0), (300, 70), (300, 700), (5_000, 5_000)])
@pytest.mark.parametrize("limit", [0, 1_000, 10**18])
@pytest.mark.parametrize("ahead", [timedelta(days=20), None])
def test_the_drawing_stays_on_its_paper(limit: int, used: int, recent: int, ahead: timedelta | None) -> None:
    plot = plot_of(made(limit, used, recent, ahead))
    for pair in f"{plot.line} {plot.area} {plot.ahead}".split():
        x, y = map(int, pair.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_draws_it_with_a_table_beside_it(alice: Person, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    url = "/budgets/burn-down/?unit=tokens&period=month"
    assert alice.browser.get(url).status_code == 200  # nothing was ever spent
    spend(alice)
    text = alice.browser.get(url).content.decode()
    assert all(tag in text for tag in ("<title id=", "<desc id=", "<polyline", "<tfoot>"))
    assert 'preserveAspectRatio="none"' in text  # it fits a phone: its words stand beside it, not in it
    assert "<text" not in text.partition('class="chart"')[2].partition("</svg>")[0]
    assert "99\N{NO-BREAK SPACE}880" in text
    assert alice.browser.get("/budgets/burn-down/?unit=pico_usd&period=day").status_code == 200


@pytest.mark.parametrize("query", ["", "?unit=tokens", "?unit=x&period=month", "?account=x&unit=tokens&period=month"])
def test_a_course_that_does_not_exist_is_404(alice: Person, query: str) -> None:
    assert alice.browser.get(f"/budgets/burn-down/{query}").status_code == 404


def test_a_strangers_account_is_403(alice: Person, charlie: Person) -> None:
    spend(alice)
    with alice.looking():
        account = Account.objects.get(kind="thread").pk
    url = f"/budgets/burn-down/?account={account}&unit=tokens&period=lifetime"
    assert (alice.browser.get(url).status_code, charlie.browser.get(url).status_code) == (200, 403)


def test_it_costs_the_same_for_few_movements_and_for_many(alice: Person) -> None:
    url = "/budgets/burn-down/?unit=tokens&period=month"
    spend(alice)
    alice.browser.get(url)
    with counted() as few:
        alice.browser.get(url)
    for minutes in range(20):
        spent_then(alice, datetime.now(UTC) - timedelta(minutes=minutes), 1, 1)
    with counted() as many:
        alice.browser.get(url)
    assert len(many) == len(few)
