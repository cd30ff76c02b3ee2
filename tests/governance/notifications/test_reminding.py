"""Reminders before a question expires, and the end of old rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from governance.models import Checkpoint, Notification, PersonNotice
from governance.notifications import own
from governance.notifications.reminding import remind, sweep
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, make_rule, vote
from tests.governance.notifications.reading import rows, told
from tests.governance.notifications.test_events import decide


def set_end(person: Person, identity: Any, question: dict[str, Any], left: timedelta) -> None:
    with person.acting(identity), transaction.atomic():
        Checkpoint.objects.filter(pk=question["id"]).update(expires_at=timezone.now() + left)


def test_in_the_last_quarter_of_its_life_it_is_told_once_more(alice: Person, bob: Person, workshop: Any) -> None:
    question = ask(alice, workshop)  # medium: 24 hours
    set_end(alice, workshop, question, timedelta(hours=7))
    remind()
    assert told(alice, workshop) == []
    set_end(alice, workshop, question, timedelta(hours=5))
    remind()
    remind()
    assert told(alice, workshop) == [own.REMINDER]
    assert told(bob, workshop) == [own.REMINDER, own.WAITING]
    decide(alice, question, "reject", workshop)
    assert told(bob, workshop) == []


def test_who_has_answered_is_not_reminded(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    question = ask(alice, workshop)
    decide(bob, question, "approve", workshop)
    set_end(alice, workshop, question, timedelta(hours=1))
    remind()
    assert (told(bob, workshop), told(alice, workshop)) == ([], [own.REMINDER])
    assert vote(question)


def test_what_is_over_goes_with_its_mark_elsewhere(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    from tests.cast import Api

    assert Api(charlie.user, workshop).get("threads/").status_code == 403
    ask(alice, workshop)
    mark = PersonNotice.objects.filter(person=alice.user, identity=workshop, kind="alert")
    assert mark.get().count == 1
    with alice.acting(workshop), transaction.atomic():
        Notification.objects.filter(event=own.CROSSED).update(expires_at=timezone.now())
    assert sweep() >= 1
    assert mark.get().count == 0
    assert [row.event for row in rows(bob, workshop)] == [own.WAITING]
