"""The jobs of the log: verifications of a whole chain."""

from __future__ import annotations

from uuid import UUID

from governance.audit.checking import JOB, SYSTEM_JOB, work_out
from governance.isolation.context import bind
from governance.jobs.registry import job
from governance.staff.contexts import machine_context


@job(JOB)
def check(check_id: UUID | None) -> None:
    """Verifies one chain; a repeat after a crash begins anew."""
    assert check_id is not None
    work_out(check_id)


@job(SYSTEM_JOB)
def check_system(check_id: UUID | None) -> None:
    """Verifies the system's chain, as the installation."""
    assert check_id is not None
    with bind(machine_context()):
        work_out(check_id)
