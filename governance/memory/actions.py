"""Keeping, changing, pinning and archiving what is remembered. Texts never enter the log: they could not leave it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.memory.models import LONGEST_TEXT, Audience, Category, MemoryItem, Sensitivity, Type
from governance.memory.policies import in_person, may_change, may_keep
from governance.memory.querysets import LIVE
from governance.memory.questions import withdraw
from governance.memory.sessions import session_of
from governance.memory.terms import FOR_AGENTS, Terms, check_end, check_text, new_item
from governance.people.policies import may_manage, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

CREATE, UPDATE = "governance.memory.create", "governance.memory.update"
Status = MemoryItem.Status
TEXT = frozenset({"text"})


class CreateMemory(Terms):
    """Remember this. What a program asks, or what is not yours to decide, waits as a proposal."""


@action(CREATE, Effect.CREATE, params=CreateMemory, policy=may_keep, label=_("Remember something"), secret=TEXT)
def create(uow: UnitOfWork, params: CreateMemory) -> MemoryItem:
    """Active at once when the person who asks may decide it: their own request is the approval."""
    decides = is_theirs_to_decide(uow.actor, params.type)
    row = new_item(uow.actor, params, Status.ACTIVE if decides else Status.PROPOSED)
    row.approved_by = uow.actor.person_id if decides else None
    uow.add(row)
    uow.announce(f"memory.{'created' if decides else 'proposed'}", row.pk, status=row.status)
    return row


def is_theirs_to_decide(actor: IdentityContext, kind: str) -> bool:
    """May it be kept without being asked again? Never for a program; what is of all for managers only."""
    return person_itself(actor) and (kind not in {Type.INSTITUTIONAL, Type.AGENT} or may_manage(actor))


class OneMemory(Params):
    memory: UUID


class UpdateMemory(OneMemory):
    """Only the given fields change. `version`: the one that was shown; a later one refuses."""

    version: int | None = None
    text: str | None = Field(default=None, min_length=1, max_length=LONGEST_TEXT)
    category: Category | None = None
    sensitivity: Sensitivity | None = None
    audience: Audience | None = None
    expires_at: AwareDatetime | None = None


@action(UPDATE, Effect.UPDATE, params=UpdateMemory, policy=in_person, label=_("Change a memory"), secret=TEXT)
def update(uow: UnitOfWork, params: UpdateMemory) -> MemoryItem:
    """The former words are gone with it. A proposal that was changed is no longer what a question asks."""
    seen = look(uow.actor, params.memory)
    if seen.status == Status.PROPOSED:
        withdraw(uow, seen)
    row = held(uow, params.memory)
    if params.version is not None and params.version != row.version:
        raise Conflict("memory_changed", _("Somebody has changed it meanwhile. Look at it again."))
    change_terms(row, params)
    row.version += 1
    save(uow, row, "text", "category", "sensitivity", "audience", "expires_at", "version", "checkpoint_id")
    return row


def change_terms(row: MemoryItem, params: UpdateMemory) -> None:
    """Sets what was given, each as strictly as at the beginning."""
    given = params.model_fields_set - {"memory", "version"}
    for name in sorted(given):
        value = getattr(params, name)
        if value is None and name != "expires_at":
            raise BadInput(errors={name: [_("This cannot be empty.")]})
        setattr(row, name, value)
    if "expires_at" in given:
        check_end(row.expires_at, timezone.now())
        if row.type == Type.SHORT:
            raise BadInput(errors={"expires_at": [_("It ends with the sign-in.")]})
    if row.type == Type.AGENT and row.category not in FOR_AGENTS:
        raise BadInput(errors={"category": [_("An agent's memory holds instructions and rules.")]})
    check_text(row.type, row.text)


def look(actor: IdentityContext, pk: UUID) -> MemoryItem:
    """The item, if this person may see it: NotThere otherwise, IdentityBoundary for another identity's."""
    row: MemoryItem = find(MemoryItem.objects.visible_to(actor, session_of(actor)), pk)
    return row


def held(uow: UnitOfWork, pk: UUID, *, forgotten: bool = False) -> MemoryItem:
    """The item, locked, for who may change it. Raises Conflict for one that is forgotten."""
    look(uow.actor, pk)
    row = uow.lock(MemoryItem, pk)
    if not may_change(uow.actor, row):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    if not forgotten and row.status == Status.DELETED:
        raise Conflict("memory_forgotten", _("It is forgotten: nothing of it is left."))
    return row


def save(uow: UnitOfWork, row: MemoryItem, *columns: str, news: str = "changed", **more: Any) -> None:
    row.changed_at = timezone.now()
    uow.change(row, *columns, "changed_at")
    uow.announce(f"memory.{news}", row.pk, status=row.status, **more)


def move(uow: UnitOfWork, pk: UUID, expected: tuple[str, ...], to: str) -> MemoryItem:
    """From one of the expected states to another; harmless to repeat, Conflict from anywhere else."""
    row = held(uow, pk)
    if row.status == to:
        return row
    if row.status not in expected:
        raise Conflict("memory_state", _("That is not possible in its present state."))
    row.status = to
    save(uow, row, "status")
    return row


@action("governance.memory.pin", Effect.UPDATE, params=OneMemory, policy=may_keep, label=_("Pin a memory"))
def pin(uow: UnitOfWork, params: OneMemory) -> MemoryItem:
    """Pinned ones are recalled before all others."""
    return move(uow, params.memory, (Status.ACTIVE,), Status.PINNED)


@action("governance.memory.unpin", Effect.UPDATE, params=OneMemory, policy=may_keep, label=_("Unpin a memory"))
def unpin(uow: UnitOfWork, params: OneMemory) -> MemoryItem:
    return move(uow, params.memory, (Status.PINNED,), Status.ACTIVE)


@action("governance.memory.archive", Effect.UPDATE, params=OneMemory, policy=may_keep, label=_("Archive a memory"))
def archive(uow: UnitOfWork, params: OneMemory) -> MemoryItem:
    """Kept, and used by nothing; it can be brought back."""
    return move(uow, params.memory, tuple(LIVE), Status.ARCHIVED)


@action("governance.memory.restore", Effect.UPDATE, params=OneMemory, policy=may_keep, label=_("Bring a memory back"))
def restore(uow: UnitOfWork, params: OneMemory) -> MemoryItem:
    return move(uow, params.memory, (Status.ARCHIVED,), Status.ACTIVE)
