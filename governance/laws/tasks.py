"""The jobs of the laws: every five minutes, and when somebody asks."""

from __future__ import annotations

from uuid import UUID

from governance.jobs.registry import every, job
from governance.laws.actions import JOB
from governance.laws.running import run_all
from governance.uow import unit_of_work


@every(300, "governance.laws.check")
def check(_: UUID | None) -> None:
    """Looks whether every law holds."""
    run_all()


@job(JOB)
def asked(_: UUID | None) -> None:
    """The same, because somebody wants to know now; open pages of their identity hear of it."""
    run_all()
    with unit_of_work() as uow:
        uow.announce("law.looked")
