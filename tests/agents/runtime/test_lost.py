"""A run whose job was given up is ended, visibly; what somebody still works on or decides is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Attempt, LaneResult, Run, ToolCall
from agents.runtime.lost import end_lost
from governance.isolation.context import Channel
from governance.models import Job
from governance.perform import perform
from tests.agents.runtime.test_loop import ask, decide, seen, whole
from tests.cast import Person
from threads.models import Message

pytestmark = pytest.mark.usefixtures("simulator")


def started(person: Person) -> Run:
    with person.acting():
        return perform("agents.run.start", {"text": "Que contient ce fil ?", "sphere": "personal"})


def give_up(run: Run, state: str = "dead") -> None:
    Job.objects.filter(object_id=run.pk).update(state=state, finished_at=timezone.now())


@pytest.mark.parametrize("state", ["dead", "refused"])
def test_a_run_whose_job_was_given_up_fails_and_says_why(alice: Person, state: str) -> None:
    run = started(alice)
    give_up(run, state)
    assert end_lost() >= 1
    run = seen(alice, run)
    assert (run.status, run.error) == ("failed", "worker_lost")
    with alice.looking():
        assert Message.objects.filter(run_id=run.pk).count() == 1
        assert not LaneResult.objects.filter(run=run, status__in=["pending", "running", "blocked"]).exists()
    whole(alice)


def test_what_was_reserved_for_a_lost_call_is_settled_in_full(alice: Person) -> None:
    from agents.runtime.loop import Execution, Stop
    from governance.isolation.context import bind

    run = started(alice)
    with bind(alice.context(channel=Channel.TASK).through("nova", run.pk)):
        assert Execution(run, Stop()).take() is True
    give_up(run)
    assert end_lost() >= 1
    with alice.looking():
        (attempt,) = Attempt.objects.filter(run_id=run.pk)
        assert (attempt.state, attempt.credits) == ("lost", attempt.held_credits)
        assert Run.objects.get(pk=run.pk).credits == attempt.held_credits
    whole(alice)


def test_an_effect_that_was_under_way_is_shown_as_unknown(alice: Person) -> None:
    run = started(alice)
    with alice.acting():
        from governance.uow import unit_of_work

        with unit_of_work():
            ToolCall.objects.create(
                run=run, turn=0, position=0, call_id="c", action="governance.message.send", params={}, status="begun"
            )
    give_up(run)
    end_lost()
    assert seen(alice, run).status == "pending_effect"


def test_a_run_that_another_job_goes_on_with_is_left_alone(alice: Person) -> None:
    run = started(alice)
    job = Job.objects.get(object_id=run.pk)
    Job.objects.create(kind=job.kind, object_id=run.pk, state="dead", finished_at=timezone.now())
    end_lost()
    assert seen(alice, run).status == "pending"


def test_a_run_that_asks_waits_for_its_answer_but_not_for_ever_after(alice: Person) -> None:
    run = ask(alice, "Envoie un courriel à paul@example.com pour confirmer mardi")
    give_up(run)
    end_lost()
    assert seen(alice, run).status == "awaiting_approval"
    decide(alice, run)
    end_lost()
    assert seen(alice, run).status == "awaiting_approval", "the job of the decision is still to come"
    give_up(run)
    end_lost()
    assert seen(alice, run).status == "failed"


def test_long_ago_is_not_looked_at_again(alice: Person) -> None:
    run = started(alice)
    give_up(run)
    Job.objects.filter(object_id=run.pk).update(finished_at=timezone.now() - timedelta(days=2))
    end_lost()
    assert seen(alice, run).status == "pending"
