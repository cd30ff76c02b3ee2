"""The job of rules: a what-if."""

from __future__ import annotations

from uuid import UUID

from governance.jobs.registry import job
from governance.rules.whatif import JOB, work_out


@job(JOB)
def whatif(whatif_id: UUID | None) -> None:
    """Works one out; a repeat after a crash begins anew."""
    assert whatif_id is not None
    work_out(whatif_id)
