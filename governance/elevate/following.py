"""An elevation follows its question: it begins with it, in the same commit, and ends with it when nobody agrees."""

from __future__ import annotations

from django.utils import timezone

from governance.audit.entries import News
from governance.checkpoints.endings import register_ending
from governance.checkpoints.models import Checkpoint
from governance.elevate.models import Elevation
from governance.rules.system import ELEVATE
from governance.uow import UnitOfWork, tell_of

State = Elevation.State


@tell_of("checkpoint.created")
def begins(uow: UnitOfWork, news: News) -> None:
    """Registers what a question asks for."""
    assert news.object_id is not None
    question: Checkpoint = uow.mine[Checkpoint, news.object_id]
    if question.action == ELEVATE:
        uow.add(requested(question))


def requested(question: Checkpoint) -> Elevation:
    """The row of a question: what its preview says, under the id of the question."""
    told = question.preview
    named = {name: told[name] for name in ("kind", "sphere", "target_sphere", "agent", "hours", "reason")}
    return Elevation(
        id=question.pk,
        checkpoint=question,
        person_id=question.requester_id,
        requested_at=question.created_at,
        **named,
    )


def ends(uow: UnitOfWork, question: Checkpoint, _successor: Checkpoint | None) -> None:
    """Refused, or come to nothing: run out, withdrawn, changed into another question, or no longer possible."""
    row = uow.lock(Elevation, question.pk)
    refused = question.status == Checkpoint.Status.REJECTED
    row.state, row.ended_at = State.DENIED if refused else State.LAPSED, timezone.now()
    uow.change(row, "state", "ended_at")


def register() -> None:
    """Called once, when the app is ready."""
    register_ending(ELEVATE, ends)
