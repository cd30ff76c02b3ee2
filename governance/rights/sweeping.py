"""What is overdue: archives whose week is over, and those whose job was given up."""

from __future__ import annotations

import shutil
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import Conflict
from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, Why, bind, system_scope
from governance.jobs.models import Job
from governance.perform import perform
from governance.rights import places
from governance.rights.actions import EXPORT
from governance.rights.models import DataExport

AT_ONCE = 200
OPEN_JOB = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)


def end_overdue() -> None:
    """Expires archives, file first: a row that says “ready” never outlives its file unseen."""
    for row in _seen(DataExport.objects.overdue(timezone.now())):
        places.archive_of(row.identity_id, row.pk).unlink(missing_ok=True)
        _end(row, DataExport.State.EXPIRED)


def end_given_up() -> None:
    """Archives whose job is over without having finished them can be asked for again."""
    rows = _seen(DataExport.objects.under_way())
    alive = set(
        Job.objects.filter(kind=EXPORT, object_id__in=[row.pk for row in rows], state__in=OPEN_JOB).values_list(
            "object_id", flat=True
        )
    )
    for row in rows:
        if row.pk not in alive:
            shutil.rmtree(places.parts_of(row.identity_id, row.pk), ignore_errors=True)
            _end(row, DataExport.State.FAILED)


def _end(row: DataExport, state: DataExport.State) -> None:
    with bind(nobody_in(row.identity_id)):
        try:
            perform("governance.export.end", {"export": row.pk, "state": state})
        except Conflict:
            return  # it was finished or ended in the same moment


def _seen(rows: QuerySet) -> list[DataExport]:
    """A bounded look across identities; what is changed afterwards is changed inside its own one."""
    with system_scope(Why.SWEEP):
        return list(rows[:AT_ONCE])


def nobody_in(identity_id: UUID) -> IdentityContext:
    """The system acting inside one identity."""
    return IdentityContext(SYSTEM_CHAIN, identity_id, "system", Channel.SYSTEM, uuid7())
