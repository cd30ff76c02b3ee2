"""Runs whose job was given up: nobody works on them any more, so they are ended, visibly (design 2.4, 8.2).

Without this a run whose worker died as often as a job may be tried would stay “running” for ever, and
count among the five that an identity may have under way.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.llm.exchange import Stop
from agents.pipeline.models import Run, ToolCall
from agents.pipeline.starting import EXECUTE
from agents.runtime.loop import Execution, TakenOver
from governance.checkpoints.models import Checkpoint
from governance.isolation.context import Channel, IdentityContext, Why, bind, reading, system_scope
from governance.jobs.models import Job

LOOK_BACK = timedelta(days=1)
AT_ONCE = 200
OPEN_JOB = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)
OPEN_RUN = (Run.Status.PENDING, Run.Status.RUNNING, Run.Status.AWAITING_APPROVAL)


def end_lost() -> int:
    """Ends the runs of jobs that were given up or refused within a day; how many they were."""
    return sum(_end(run) for run in _lost())


def _lost() -> list[Run]:
    """Open runs of given-up jobs that no other job will go on with."""
    given_up = Job.objects.filter(
        kind=EXECUTE, state__in=[Job.State.DEAD, Job.State.REFUSED], finished_at__gt=timezone.now() - LOOK_BACK
    )
    newest = given_up.order_by("-finished_at").values_list("object_id", flat=True)[:AT_ONCE]
    ids: set[UUID] = {run_id for run_id in newest if run_id is not None}
    going_on = Job.objects.filter(kind=EXECUTE, object_id__in=ids, state__in=OPEN_JOB)
    ids.difference_update(run_id for run_id in going_on.values_list("object_id", flat=True) if run_id is not None)
    with system_scope(Why.SWEEP):
        return list(Run.objects.filter(pk__in=ids, status__in=OPEN_RUN))


def _end(run: Run) -> bool:
    """Fails the run; when an effect was under way its outcome is unknown. False when somebody else has it."""
    nobody = IdentityContext(UUID(int=0), run.identity_id, "system", Channel.SYSTEM, uuid7())
    with bind(nobody.through(run.agent, run.pk)):
        with reading():
            if _still_asks(run):
                return False
            begun = ToolCall.objects.filter(run=run, status=ToolCall.Status.BEGUN).exists()
        status, error = (Run.Status.PENDING_EFFECT, "") if begun else (Run.Status.FAILED, "worker_lost")
        try:
            Execution(run, Stop()).finish(status, "", error=error, claim=True)
        except TakenOver:
            return False
    return True


def _still_asks(run: Run) -> bool:
    """Does it wait for a person, whose decision will wake it?"""
    if run.status != Run.Status.AWAITING_APPROVAL or run.checkpoint_id is None:
        return False
    return Checkpoint.objects.filter(pk=run.checkpoint_id, status=Checkpoint.Status.PENDING).exists()
