"""The other side: each act between two identities writes one row there, in the declared scope, and reads nothing.

What is written there is named by its own id, so that no statement sees the rows of two identities. Locks: first the
row where it arrives, then the row where it was; whoever answers and whoever withdraws therefore wait, never dead-lock.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from governance.audit import vault
from governance.audit.entries import Draft, News
from governance.audit.models import Outcome
from governance.crossings.asking import over
from governance.crossings.kinds import Parcel
from governance.crossings.models import Crossing, CrossingParcel
from governance.isolation.context import Why, current, system_scope
from governance.registry.actions import Effect
from governance.uow import UnitOfWork

PURPOSE = "crossing"
State = Crossing.State


def deliver(row: Crossing, parcel: Parcel) -> Crossing:
    """The row that waits in the other identity, and the parcel, sealed under its key."""
    there, here = row.other_identity_id, current().identity_id
    assert there is not None
    now = timezone.now()
    twin = Crossing(
        identity_id=there,
        direction=Crossing.Direction.IN,
        form=row.form,
        state=State.OFFERED,
        kind=row.kind,
        title=row.title,
        digest=row.digest,
        other_identity_id=here,
        twin_id=row.pk,
        person_id=row.person_id,
        requested_at=row.requested_at,
        executed_at=now,
    )
    with system_scope(Why.CROSS):
        twin.save(force_insert=True)
        sealed = vault.seal(there, PURPOSE, parcel.packed())
        CrossingParcel(identity_id=there, crossing_id=twin.pk, sealed=sealed).save(force_insert=True)
    return twin


def tell_source(row: Crossing, state: str) -> None:
    """What became of an offer, in the row where it came from. Raises Conflict when it was withdrawn meanwhile."""
    changed = _set(row, [State.OFFERED], state=state, answered_at=timezone.now())
    if not changed:
        raise over()


def withdraw_there(row: Crossing, state: str) -> None:
    """Ends what the other identity was offered, or refers to; the snapshot goes with it."""
    if row.twin_id is None:
        return
    with system_scope(Why.CROSS):
        _set(row, [State.OFFERED, State.DONE], state=state, ended_at=timezone.now())
        CrossingParcel.objects.filter(identity_id=row.other_identity_id, crossing_id=row.twin_id).delete()


def _set(row: Crossing, before: list[str], **values: Any) -> int:
    """Changes the twin of `row` if it is in one of the states `before`."""
    assert row.twin_id is not None
    assert row.other_identity_id is not None
    with system_scope(Why.CROSS):
        twin = Crossing.objects.filter(pk=row.twin_id, identity_id=row.other_identity_id, state__in=before)
        changed: int = twin.update(**values)
    return changed


def opened(row: Crossing) -> Parcel | None:
    """What was sent to the bound identity, unsealed; None when it is no longer here."""
    sealed = CrossingParcel.objects.filter(crossing=row).values_list("sealed", flat=True).first()
    if sealed is None:
        return None
    return Parcel.unpacked(vault.unseal(row.identity_id, PURPOSE, bytes(sealed)))


def also_there(uow: UnitOfWork, row: Crossing, action: str, event: str, outcome: str = Outcome.ALLOWED) -> None:
    """The act in the chain of the other identity, too: either entry names the other side's identity, this one the row.

    No words of the object: whoever reads the log there sees that something came, and of what kind.
    """
    here, there = uow.actor.identity_id, row.other_identity_id
    assert there is not None
    uow.reason(f"identity:{there}")
    draft = Draft(action, Effect.TRANSFER, outcome, reason=f"identity:{here}")
    draft.resource_type, draft.resource_id = Crossing._meta.label_lower, row.pk
    draft.payload = {"kind": row.kind, "form": row.form, "from": str(here), "here": str(row.twin_id)}
    uow.also_told(there, draft, News(event, row.twin_id))
