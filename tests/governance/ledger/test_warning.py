"""Warnings of budgets that run out: at 80, 95 and 100 per cent, each once per window, on record and to who can act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import BudgetExceeded, Conflict, NotAllowed
from governance.isolation.context import Channel
from governance.ledger import budget
from governance.ledger.caps import SET
from governance.ledger.models import Account, BudgetWarning
from governance.ledger.tasks import warn_of_budgets
from governance.ledger.warning import WARN
from governance.models import AuditEntry, Notification
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person, make_workshop
from tests.governance.ledger.test_budget import age_windows


def use(person: Person, credits: int, identity: Any = None, account: Any = None) -> None:
    with person.acting(identity), transaction.atomic():
        account = account or budget.identity_account()
        budget.settle(budget.hold(account, credits, 0).id, credits, 0)


def told(person: Person, identity: Any = None) -> list[tuple[str, Any]]:
    """What is told of budgets, after a look, the oldest first."""
    warn_of_budgets(None)
    with person.looking(identity):
        rows = Notification.objects.filter(person_id=person.user.pk, event__startswith="budget.").order_by("id")
        return [(row.event, row.facts.get("percent")) for row in rows]


def test_each_mark_is_told_once(alice: Person) -> None:
    use(alice, 79_999)
    assert told(alice) == []
    use(alice, 1)
    assert told(alice) == told(alice) == [("budget.warned", 80)]
    use(alice, 15_000)
    assert told(alice) == [("budget.warned", 80), ("budget.warned", 95)]
    use(alice, 5_000)
    assert told(alice) == told(alice) == [("budget.warned", 80), ("budget.warned", 95), ("budget.blocked", None)]
    with pytest.raises(BudgetExceeded):
        use(alice, 1)


def test_a_leap_over_several_marks_is_told_as_the_highest(alice: Person) -> None:
    use(alice, 96_000)
    assert told(alice) == [("budget.warned", 95)]
    with alice.looking():
        row = BudgetWarning.objects.get()
        assert (row.percent, row.used, row.limit, row.unit, row.period) == (95, 96_000, 100_000, "tokens", "month")


def test_each_is_an_entry_of_the_log(alice: Person) -> None:
    use(alice, 80_000)
    told(alice)
    with alice.looking():
        entry = AuditEntry.objects.filter(action=WARN).get()
        assert (entry.outcome, entry.resource_id) == ("allowed", BudgetWarning.objects.get().pk)


def test_what_an_older_window_used_is_no_reason(alice: Person) -> None:
    use(alice, 80_000)
    age_windows(alice)
    assert told(alice) == []


def test_a_new_window_warns_anew(alice: Person) -> None:
    use(alice, 80_000)
    with alice.acting(), unit_of_work() as uow:
        account = Account.objects.get().pk
        before = timezone.now().date().replace(day=1) - timedelta(days=1)
        told_then: dict[str, Any] = {"window_start": before, "percent": 80, "used": 80_000, "limit": 100_000}
        row = BudgetWarning(account_id=account, unit="tokens", period="month", at=timezone.now(), **told_then)
        uow.add(row)
    assert told(alice) == [("budget.warned", 80)]


def test_a_thread_is_warned_about_and_a_run_is_not(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        thread = budget.thread_account(uuid7(), "personal", 1_000)
        run = budget.run_account(uuid7(), thread, 100)
    use(alice, 100, account=run)
    assert told(alice) == []
    use(alice, 800, account=thread)
    assert told(alice) == [("budget.warned", 80)]
    with alice.looking():
        assert Notification.objects.get(event="budget.warned").link == f"/budgets/?account={thread}"


def test_only_who_can_raise_it_is_told(alice: Person, bob: Person) -> None:
    workshop = make_workshop(alice, bob)
    with alice.acting(workshop):
        perform(SET, {"unit": "tokens", "period": "month", "limit": 10, "before": 0})
    use(alice, 8, workshop)
    assert (told(alice, workshop), told(bob, workshop)) == ([("budget.warned", 80)], [])


def test_an_empty_cap_says_nothing(alice: Person) -> None:
    make_workshop(alice)
    assert told(alice) == []


def test_what_is_not_so_is_not_told(alice: Person) -> None:
    use(alice, 80_000)
    with alice.looking():
        account = Account.objects.get().pk
    params = {"account": account, "unit": "tokens", "period": "month", "percent": 95}
    with alice.acting(channel=Channel.SYSTEM, role="system"), pytest.raises(Conflict):
        perform(WARN, params)
    with alice.acting(), pytest.raises(NotAllowed):
        perform(WARN, {**params, "percent": 80})
    with alice.acting(channel=Channel.SYSTEM, role="system"):
        perform(WARN, {**params, "percent": 80})
        with pytest.raises(Conflict):
            perform(WARN, {**params, "percent": 80})


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "80\N{NO-BREAK SPACE}% d’un budget"), ("en", "80% of a budget")]
)
def test_it_is_said_in_the_language_of_who_reads(alice: Person, language: str, words: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    use(alice, 80_000)
    told(alice)
    text = alice.browser.get("/notifications/").content.decode()
    assert words in text
