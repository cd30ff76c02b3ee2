"""The jobs of rights: write an archive, end what is overdue, erase what is due."""

from __future__ import annotations

from uuid import UUID

from governance.jobs.registry import every, job
from governance.rights.account import end_due_accounts
from governance.rights.actions import EXPORT
from governance.rights.archive import make_archive
from governance.rights.sweeping import end_given_up, end_overdue

SWEEP_EVERY = 60  # seconds
ERASE_EVERY = 20  # seconds


@job(EXPORT)
def export(export_id: UUID | None) -> None:
    """Writes an archive; a repeat after a crash goes on from the parts that are there."""
    assert export_id is not None
    make_archive(export_id)


@every(SWEEP_EVERY, "governance.rights.sweep")
def sweep(_: UUID | None) -> None:
    """Takes expired archives away, and lets those that could not be written be asked for again."""
    end_overdue()
    end_given_up()


@every(ERASE_EVERY, "governance.rights.erase")
def erase(_: UUID | None) -> None:
    """Erases what is due; what a crash interrupted is gone on with at the next round."""
    end_due_accounts()
