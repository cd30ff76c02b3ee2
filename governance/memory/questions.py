"""The question an agent's proposal asks: an approval bound to the exact text, which it names by digest (design 3.4).

The text stays in the one row of the memory. Question, envelope and log hold its salted digest, so that forgetting the
row forgets the text everywhere, and an approval of other words than those that were shown is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext

from governance.checkpoints.actions import end
from governance.checkpoints.models import Checkpoint
from governance.isolation.lookup import find
from governance.memory.models import MemoryItem
from governance.uow import UnitOfWork
from governance.writes import Statement, send, statement

FORM = "memory"
# Acts on memory whose own words stood in the question, because a rule of the identity asked.
WORDED = ["governance.memory.create", "governance.memory.update"]
OVER = ("checkpoint.rejected", "checkpoint.expired", "checkpoint.cancelled", "checkpoint.superseded")
SCRUB = """
UPDATE governance_checkpoint SET params = params - 'text', envelope = envelope #- '{{params,text}}'
WHERE identity_id = %s AND action = ANY(%s) AND {which}
"""
FORGET = """
UPDATE governance_memoryitem SET status = 'deleted', text = '', salt = '', place_kind = '', place_id = NULL,
    sphere = '', session = '', for_agent = '', expires_at = NULL, checkpoint_id = NULL, deleted_at = now(),
    changed_at = now()
WHERE identity_id = %s AND status <> 'deleted' AND {which}
"""


def preview(params: Any) -> dict[str, Any]:
    """What an approver sees, without the text: the page reads that from the row, for whom it concerns."""
    return preview_of_row(find(MemoryItem.objects, params.memory))


def preview_of_row(row: MemoryItem) -> dict[str, Any]:
    return {
        "form": FORM,
        "memory": str(row.pk),
        "digest": row.digest if row.salt else "",
        "type": row.type,
        "category": row.category,
        "sphere": row.sphere,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "reversible": True,
        "resources": [str(row.pk)],
    }


def question(told: dict[str, Any]) -> str:
    return gettext("Remember this?")


def withdraw(uow: UnitOfWork, row: MemoryItem) -> None:
    """Ends the question a proposal waits with, before the row is locked: whoever decides locks in this order, too."""
    if row.checkpoint_id is None:
        return
    asked = Checkpoint.objects.select_for_update().filter(pk=row.checkpoint_id).first()
    mine = uow.lock(MemoryItem, row.pk)
    mine.checkpoint_id = None
    uow.change(mine, "checkpoint_id")
    if asked is not None and asked.status == Checkpoint.Status.PENDING:
        end(uow, asked, Checkpoint.Status.CANCELLED, wake=False)


def follow_refusal(uow: UnitOfWork) -> None:
    """What was refused is forgotten, in the commit of the refusal: the proposal, and words that a question held."""
    over = [item.object_id for item in uow.news if item.kind in OVER and item.object_id is not None]
    if over:
        mine = uow.actor.identity_id
        proposed = forgotten("status = 'proposed' AND checkpoint_id = ANY(%s)", mine, over)
        with connection.cursor() as cursor:
            send(cursor, [proposed, _scrubbed("id = ANY(%s)", mine, over)])


def scrub(uow: UnitOfWork, pks: Iterable[UUID]) -> None:
    """Takes the words of these memories out of the questions that were asked about them."""
    made = "id IN (SELECT checkpoint_id FROM governance_execution WHERE identity_id = %s AND resource_id = ANY(%s))"
    mine = uow.actor.identity_id
    uow.writes.further.append(_scrubbed(made, mine, mine, list(pks)))


def forgotten(which: str, *values: Any) -> Statement:
    """The statement that leaves nothing of the memories `which` says but the rows that tell it."""
    return statement(FORGET.format(which=which), list(values), None)


def _scrubbed(which: str, mine: UUID, *values: Any) -> Statement:
    return statement(SCRUB.format(which=which), [mine, WORDED, *values], None)
