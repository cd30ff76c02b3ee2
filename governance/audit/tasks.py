"""The job of the log: a verification of the whole chain."""

from __future__ import annotations

from uuid import UUID

from governance.audit.checking import JOB, work_out
from governance.jobs.registry import job


@job(JOB)
def check(check_id: UUID | None) -> None:
    """Verifies one chain; a repeat after a crash begins anew."""
    assert check_id is not None
    work_out(check_id)
