"""What a row that came over a border shows: where it came from, and, of a reference, what it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from governance.crossings import elsewhere
from governance.crossings.kinds import known_kind
from governance.crossings.models import Crossing
from governance.errors import BadInput, Conflict, IdentityBoundary, NotThere

State, Direction = Crossing.State, Crossing.Direction


@dataclass(frozen=True, slots=True)
class Arrived:
    """How a row came here. `text`: of a reference, what its source says now; None when there is nothing to read."""

    row: Crossing
    text: str | None
    page: str  # of the source, within one identity


def arrived(made: UUID) -> Arrived | None:
    """How the row `made` came here, inside a transaction; None for what was made here."""
    row = Crossing.objects.of_made(made).first()
    if row is None:
        return None
    return Arrived(row, shown_text(row) if row.is_reference else None, source_page(row))


def shown_text(row: Crossing) -> str | None:
    """What a reference lets read: within an identity the source as it is, from another one the snapshot.

    None when it was withdrawn, or its source is deleted; and for what went to another identity: it is read there.
    """
    if row.state not in (State.OFFERED, State.DONE) or row.direction == Direction.OUT:
        return None
    if row.direction == Direction.IN:
        parcel = elsewhere.opened(row)
        return parcel.text if parcel else None
    kind = known_kind(row.kind)
    try:
        return kind.pack(row.source_id, False).text if kind and row.source_id else None
    except (BadInput, NotThere, IdentityBoundary, Conflict):
        return None


def source_page(row: Crossing) -> str:
    """The address of what crossed, where it can be seen from here."""
    kind = known_kind(row.kind)
    return kind.page(row.source_id) if kind and row.source_id else ""


def is_borrowed(made: UUID) -> bool:
    """Is this row a reference that came over a border? Then nobody writes in it, and it goes no further."""
    return Crossing.objects.of_made(made).filter(form=Crossing.Form.REFERENCE).exists()
