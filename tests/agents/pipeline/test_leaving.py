"""agents/pipeline/leaving: the runs of somebody who is removed from an identity."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from agents.models import Run
from governance.models import Checkpoint, Membership
from governance.perform import perform
from tests.agents.pipeline.runs import QUESTION, SEND, UNCLEAR, asked, started
from tests.cast import Person

pytestmark = pytest.mark.usefixtures("simulator")


@pytest.fixture
def bob_there(alice: Person, bob: Person, workshop: Any) -> Person:
    """Bob, acting for the workshop, which has credits."""
    with alice.acting():
        perform("governance.credits.share", {"to": workshop.pk, "credits": 50_000})
    return Person(bob.user, workshop)


def remove(alice: Person, person: Person, workshop: Any) -> None:
    member = Membership.objects.get(user=person.user, identity=workshop)
    with alice.acting(workshop):
        perform("governance.member.remove", {"member": member.pk})


def now(alice: Person, workshop: Any, run: Run) -> Run:
    with alice.looking(workshop):
        return Run.objects.get(pk=run.pk)


def test_runs_that_wait_are_over_at_once(alice: Person, bob_there: Person, workshop: Any) -> None:
    asking, queued, unclear = asked(bob_there, SEND), started(bob_there, QUESTION), started(bob_there, UNCLEAR)
    assert asking.status == "awaiting_approval"
    remove(alice, bob_there, workshop)
    assert {now(alice, workshop, run).status for run in (asking, queued, unclear)} == {"cancelled"}
    with alice.looking(workshop):
        assert Checkpoint.objects.get(run_id=asking.pk).status == "cancelled"


def test_a_run_under_way_is_told_to_stop(alice: Person, bob_there: Person, workshop: Any) -> None:
    run = started(bob_there, QUESTION)
    with alice.acting(workshop), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="running")
    remove(alice, bob_there, workshop)
    assert now(alice, workshop, run).stop_requested is True


def test_the_runs_of_others_go_on(alice: Person, bob_there: Person, workshop: Any) -> None:
    mine = started(Person(alice.user, workshop), QUESTION)
    remove(alice, bob_there, workshop)
    assert now(alice, workshop, mine).status == mine.status
