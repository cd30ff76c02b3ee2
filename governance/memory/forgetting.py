"""True forgetting: nothing of it is left but the row that says so (design 3.7).

The log never held the words, questions only their digest, snapshots only a mark that is filled from the row: what is
taken out of the row is gone everywhere at once. There is no trash for it; what may be brought back is archived.
"""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.memory.actions import OneMemory, Status, held, look, save
from governance.memory.models import MemoryItem
from governance.memory.policies import by_the_system, in_person
from governance.memory.questions import forgotten, scrub, withdraw
from governance.memory.sessions import open_sessions
from governance.registry.actions import Effect, NoParameters, action
from governance.uow import UnitOfWork

DELETE, SWEEP = "governance.memory.delete", "governance.memory.sweep"
LEFT = {
    "text": "", "salt": "", "place_kind": "", "place_id": None, "sphere": "", "session": "", "for_agent": "",
    "expires_at": None, "checkpoint_id": None,
}  # fmt: skip


@action(DELETE, Effect.DELETE, params=OneMemory, policy=in_person, label=_("Forget"))
def delete(uow: UnitOfWork, params: OneMemory) -> MemoryItem:
    """Forgets it at once and for good. Harmless to repeat."""
    withdraw(uow, look(uow.actor, params.memory))
    row = held(uow, params.memory, forgotten=True)
    if row.status != Status.DELETED:
        forget(uow, row)
    return row


def forget(uow: UnitOfWork, row: MemoryItem) -> None:
    """Empties a locked row, and the questions that held its words."""
    for name, value in LEFT.items():
        setattr(row, name, value)
    row.status, row.deleted_at = Status.DELETED, timezone.now()
    save(uow, row, *LEFT, "status", "deleted_at", news="forgotten")
    scrub(uow, [row.pk])


@action(SWEEP, Effect.DELETE, params=NoParameters, policy=by_the_system, label=_("Forget what is over"))
def sweep(uow: UnitOfWork, params: NoParameters) -> None:
    """Forgets what is past its end, and what belonged to a sign-in that is over."""
    now = timezone.now()
    over = list(MemoryItem.objects.overdue(now).values_list("pk", flat=True))
    short = list(MemoryItem.objects.of_sessions().values_list("pk", "session", "person_id"))
    there = open_sessions({person for _pk, _session, person in short})
    forget_all(uow, {*over, *(pk for pk, session, _person in short if session not in there)})


def forget_all(uow: UnitOfWork, pks: set[UUID]) -> None:
    """Forgets these, whoever they belong to; their waiting questions expire with nothing to approve."""
    if not pks:
        return
    mine = uow.actor.identity_id
    uow.writes.further.append(forgotten("id = ANY(%s)", mine, sorted(pks)))
    scrub(uow, pks)
    uow.tell(forgotten=len(pks))
    uow.announce("memory.forgotten", None, count=len(pks))


def forget_person(uow: UnitOfWork, person_id: UUID) -> None:
    """Who leaves an identity is forgotten in it: what was theirs alone, and what they had proposed."""
    rows = MemoryItem.objects.filter(person_id=person_id).exclude(status=Status.DELETED)
    own = rows.filter(type__in=["short_term", "long_term"]) | rows.filter(status=Status.PROPOSED)
    forget_all(uow, set(own.values_list("pk", flat=True)))
