"""A crossing follows its question: it begins with it, in the same commit, and ends with it when nobody agrees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.audit.entries import News
from governance.checkpoints.models import Checkpoint
from governance.crossings.actions import ACCEPT, OFFER, REQUEST
from governance.crossings.models import Crossing
from governance.uow import UnitOfWork, tell_of
from governance.writes import statement

State = Crossing.State
ENDS = {
    "checkpoint.rejected": State.REFUSED,
    "checkpoint.expired": State.EXPIRED,
    "checkpoint.cancelled": State.CANCELLED,
    "checkpoint.superseded": State.CANCELLED,
    "checkpoint.failed": State.FAILED,
}
END = """UPDATE governance_crossing SET state = %s, ended_at = %s
WHERE identity_id = %s AND checkpoint_id = %s AND state = 'waiting'"""
ASK = "UPDATE governance_crossing SET checkpoint_id = %s WHERE identity_id = %s AND id = %s"


@tell_of("checkpoint.created")
def begins(uow: UnitOfWork, news: News) -> None:
    """Registers the crossing that a question is about; an acceptance points the offer to its question."""
    question: Checkpoint = uow.mine[Checkpoint, _id(news)]
    if question.action in (REQUEST, OFFER):
        uow.add(registered(question))
    elif question.action == ACCEPT:
        offer = UUID(question.params["transfer"])
        uow.writes.further.append(statement(ASK, [question.pk, uow.actor.identity_id, offer]))


@tell_of(*ENDS)
def ends(uow: UnitOfWork, news: News) -> None:
    """Leaves with the log; touches nothing when the question was about something else."""
    values: list[Any] = [ENDS[news.kind], timezone.now(), uow.actor.identity_id, _id(news)]
    uow.writes.further.append(statement(END, values, None))


def registered(question: Checkpoint) -> Crossing:
    """The row of a question: what its preview says, under the id of the question."""
    told = question.preview
    there = told.get("to_identity")
    return Crossing(
        id=question.pk,
        direction=Crossing.Direction.OUT if there else Crossing.Direction.WITHIN,
        form=told["as"],
        kind=told["kind"],
        title=told["subject"][:200],
        digest=told["digest"],
        source_id=UUID(told["object"]),
        from_sphere=told["from_sphere"],
        to_sphere=told.get("to_sphere", ""),
        other_identity_id=UUID(there) if there else None,
        note=told["note"],
        checkpoint=question,
        person_id=question.requester_id,
        agent=question.agent,
        run_id=question.run_id,
        requested_at=question.created_at,
    )


def _id(news: News) -> UUID:
    assert news.object_id is not None
    return news.object_id
