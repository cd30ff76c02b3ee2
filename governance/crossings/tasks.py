"""Jobs of crossings."""

from __future__ import annotations

from uuid import UUID

from governance.crossings.lapsing import lapse_overdue
from governance.jobs.registry import every


@every(3600, "governance.crossings.lapse")
def lapse(_: UUID | None) -> None:
    """Ends offers that nobody has answered for a month."""
    lapse_overdue()
