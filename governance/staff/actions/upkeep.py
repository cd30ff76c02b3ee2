"""What keeps the installation going: jobs that are stuck, the ceiling of its month, what staff have read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput, Conflict, NotThere
from governance.jobs.models import Job
from governance.jobs.queue import call_worker
from governance.jobs.registry import kinds
from governance.people.models import Identity
from governance.registry.actions import Effect, Params, action
from governance.staff.actions.telling import tell_identity
from governance.staff.models import InstallationLimit
from governance.staff.policies import is_staff_acting
from governance.uow import UnitOfWork

RETRY, CANCEL = "governance.job.retry", "governance.job.cancel"
CEILING, READ_PAGE = "governance.installation.set_ceiling", "governance.staff.read"
CANCELLED = "cancelled"
OPEN_STATES = (Job.State.PENDING, Job.State.QUEUED, Job.State.RUNNING)
OVER_STATES = (Job.State.DEAD, Job.State.REFUSED)


class WhichJob(Params):
    job: UUID


@action(RETRY, Effect.UPDATE, params=WhichJob, policy=is_staff_acting, label=_("Try a job again"))
def retry(uow: UnitOfWork, params: WhichJob) -> Job:
    """Puts a job that was given up or refused back into the queue, with all its tries; one that waits starts now."""
    row = found(params.job)
    if row.kind not in kinds():
        raise Conflict("unknown_kind", _("This release does not know this kind of job."))
    fresh = {"state": Job.State.PENDING, "run_at": Now(), "tries": 0, "finished_at": None}
    change(uow, RETRY, row, [*OVER_STATES, Job.State.PENDING], fresh)
    call_worker()
    return row


@action(CANCEL, Effect.UPDATE, params=WhichJob, policy=is_staff_acting, label=_("Cancel a job"))
def cancel(uow: UnitOfWork, params: WhichJob) -> Job:
    """Ends a job; one that runs has lost its fence. What it has already done stays done."""
    row = found(params.job)
    over = {"state": Job.State.REFUSED, "last_error": CANCELLED, "finished_at": Now()}
    change(uow, CANCEL, row, OPEN_STATES, over)
    return row


def found(pk: UUID) -> Job:
    row = Job.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere()
    return row


def change(uow: UnitOfWork, name: str, row: Job, states: Any, to: dict[str, Any]) -> None:
    """A conditional update: of two who act at once, or a worker that ends it meanwhile, one wins."""
    free = {"fence": F("fence") + 1, "lease_until": None, "holder": None}
    if not Job.objects.filter(pk=row.pk, state__in=states).update(**to, **free):
        raise Conflict("job_moved", _("This job is no longer in a state for that."))
    uow.tell(kind=row.kind, before=row.state)
    if row.identity_id is not None and Identity.objects.filter(pk=row.identity_id).exists():
        tell_identity(uow, row.identity_id, name, row, said=row.kind)


class SetCeiling(Params):
    """In whole US dollars; None: back to what the environment says."""

    usd: int | None = Field(default=None, ge=0)


@action(CEILING, Effect.CONFIGURE, params=SetCeiling, policy=is_staff_acting, label=_("Set the monthly ceiling"))
def set_ceiling(uow: UnitOfWork, params: SetCeiling) -> None:
    """The installation's ceiling, for the next hold on. It can be lower than the environment's, never higher."""
    most = settings.MONTHLY_USD_CAP
    if params.usd is not None and params.usd > most:
        raise BadInput(errors={"usd": [_("At most %(most)d: CHENU_MONTHLY_USD_CAP says so.") % {"most": most}]})
    InstallationLimit.objects.get_or_create(pk=1)
    row = InstallationLimit.objects.select_for_update(no_key=True).get(pk=1)
    uow.tell(before=row.monthly_usd_cap, after=params.usd)
    row.monthly_usd_cap, row.changed_at = params.usd, timezone.now()
    row.save(update_fields=["monthly_usd_cap", "changed_at"])


class ReadPage(Params):
    """`page`: the name of its address; `row`: what it was about."""

    page: str = Field(max_length=60)
    row: str = Field(default="", max_length=60)


@action(READ_PAGE, Effect.READ, params=ReadPage, policy=is_staff_acting, label=_("Staff read a page of the admin"))
def read_page(uow: UnitOfWork, params: ReadPage) -> None:
    """What staff read is on record as what they do (design 3.5)."""
    uow.reason(params.page)
