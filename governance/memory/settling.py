"""Proposals: what an agent asks to remember, and a person's yes or no to it (design 3.7). Nothing learns by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from governance.checkpoints.envelope import Binding
from governance.checkpoints.models import Vote
from governance.checkpoints.opening import write_checkpoint
from governance.checkpoints.pausing import asks_the_same
from governance.errors import Conflict, NotAllowed
from governance.gate import judge
from governance.memory.actions import Status, held, look, save
from governance.memory.forgetting import forget
from governance.memory.models import LONGEST_TEXT, Category, MemoryItem, Sensitivity
from governance.memory.places import place_of
from governance.memory.policies import OWN, in_person, may_change, may_propose, may_settle
from governance.memory.questions import preview, preview_of_row, question, withdraw
from governance.memory.terms import Terms, check_text, new_item
from governance.people.models import User
from governance.registry.actions import Effect, Params, action, get_action
from governance.rules.system import REMEMBER as APPROVE
from governance.uow import UnitOfWork

PROPOSE = "governance.memory.propose"
DECIDED = "governance.memory.carry_out"


class ProposeMemory(Params):
    """Propose to remember something beyond this request; a person decides. `mid_term`: for this thread.
    `long_term`: for good, in a DataSpace (of the thread, unless `place_id` names another)."""

    type: Literal["mid_term", "long_term"]
    category: Category
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    place_kind: str = Field(default="", max_length=20)
    place_id: UUID | None = None
    expires_at: AwareDatetime | None = None


@action(
    PROPOSE,
    Effect.CREATE,
    params=ProposeMemory,
    policy=may_propose,
    label=_("Propose to remember something"),
    secret=frozenset({"text"}),
)
def propose(uow: UnitOfWork, params: ProposeMemory) -> MemoryItem:
    """Writes the proposal and asks the person, in one commit. Nothing recalls it before they agree."""
    row = new_item(uow.actor, Terms(**params.model_dump()), Status.PROPOSED)
    uow.add(row)
    uow.write()  # its question reads it
    ask(uow, row)
    uow.announce("memory.proposed", row.pk, status=row.status)
    return row


def ask(uow: UnitOfWork, row: MemoryItem) -> None:
    """Opens the question, outside the run: the run need not wait for what it does not use.

    Raises TooMany when this agent asks too much, NotAllowed when a rule of the identity forbids it.
    """
    asker, act = replace(uow.actor, run_id=None), get_action(APPROVE)
    asks_the_same(asker.agent, "")
    params = ApproveMemory(memory=row.pk, digest=row.digest)
    ruling = judge(act, asker, params)
    if not ruling.asks:
        raise NotAllowed(_("A rule refuses this."), verdict=ruling.decision.document)
    bound = Binding(sphere=row.sphere, resume_job=DECIDED)
    asked = write_checkpoint(uow, act, params, preview_of_row(row), ruling, bound, actor=asker)
    row.checkpoint_id = asked.pk
    uow.change(row, "checkpoint_id")


class ApproveMemory(Params):
    """Yes to exactly these words: `digest` is that of what was shown."""

    memory: UUID
    digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")


@action(
    APPROVE,
    Effect.UPDATE,
    params=ApproveMemory,
    policy=may_settle,
    label=_("Approve a memory"),
    preview=preview,
    question=question,
)
def approve(uow: UnitOfWork, params: ApproveMemory) -> MemoryItem:
    """The one way from a proposal into what is recalled. Of two at once the second finds it decided."""
    seen = look(uow.actor, params.memory)
    asked = uow.making.checkpoint if uow.making is not None else None
    if asked is None:
        withdraw(uow, seen)
    row = uow.lock(MemoryItem, params.memory)
    if row.status != Status.PROPOSED:
        raise Conflict("already_settled", _("This was decided already."))
    if params.digest != row.digest:
        raise Conflict("stale_memory", _("This is not what you were shown. Look at it again."))
    if row.is_overdue():
        raise Conflict("memory_overdue", _("Its time is over."))
    row.approved_by = approver(uow, row, asked)
    check_text(row.type, row.text)
    if row.place_id is not None:
        place_of(row.place_kind, row.place_id)
    row.status = Status.ACTIVE
    save(uow, row, "status", "approved_by", "checkpoint_id", news="approved")
    return row


def approver(uow: UnitOfWork, row: MemoryItem, asked: UUID | None) -> UUID:
    """Who agreed: the person themselves, or who approved the question. Raises NotAllowed when it was not theirs."""
    if asked is None:
        if uow.actor.agent or not may_change(uow.actor, row):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        return uow.actor.person_id
    votes = Vote.objects.filter(checkpoint_id=asked, decision=Vote.Decision.APPROVE)
    people = list(votes.values_list("person_id", flat=True))
    if not people or (row.type in OWN and row.person_id not in people):
        raise NotAllowed(_("It is about somebody else: only they decide what is remembered of them."))
    return row.person_id if row.person_id in people else people[0]


class RejectMemory(Params):
    memory: UUID


@action(
    "governance.memory.reject",
    Effect.UPDATE,
    params=RejectMemory,
    policy=in_person,
    label=_("Refuse a proposed memory"),
)
def reject(uow: UnitOfWork, params: RejectMemory) -> MemoryItem:
    """A no forgets the proposal at once."""
    withdraw(uow, look(uow.actor, params.memory))
    row = held(uow, params.memory)
    if row.status != Status.PROPOSED:
        raise Conflict("already_settled", _("This was decided already."))
    forget(uow, row)
    return row


def told(preview: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """What the question's page shows besides its preview: the words, while they are those, to whom they concern."""
    row = MemoryItem.objects.filter(pk=preview["memory"]).first()
    if row is None or row.status == Status.DELETED or row.digest != preview["digest"]:
        return {"gone": True}
    if row.type in OWN and row.person_id != person_id:
        name = User.objects.filter(pk=row.person_id).values_list("display_name", flat=True).first()
        return {"of": name or ""}
    return {"row": row, "text": row.text}


__all__ = ["APPROVE", "DECIDED", "PROPOSE", "approve", "propose", "reject", "told"]
