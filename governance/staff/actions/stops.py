"""What staff stop in the whole installation, and let go on: on record in the system's chain."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput, Conflict, NotThere
from governance.jobs.queue import enqueue
from governance.kills.everywhere import JOB
from governance.kills.models import InstallationStop
from governance.kills.scopes import reach_of
from governance.registry.actions import Effect, Params, action
from governance.staff.models import LONGEST_REASON
from governance.staff.policies import is_staff_acting
from governance.uow import UnitOfWork

STOP, RESUME = "governance.installation.stop", "governance.installation.resume"
Scope = InstallationStop.Scope


class StopInstallation(Params):
    """`id`: which one of the scope; '' for everything."""

    scope: Scope
    id: str = Field(default="", max_length=60)
    reason: str = Field(min_length=5, max_length=LONGEST_REASON)


@action(STOP, Effect.CONFIGURE, params=StopInstallation, policy=is_staff_acting, label=_("Stop agents everywhere"))
def stop(uow: UnitOfWork, params: StopInstallation) -> InstallationStop:
    """From this commit on nothing begins in any identity; a job ends what is under way, identity by identity."""
    row = InstallationStop(scope=params.scope, ref=params.id, name=name_of(params.scope, params.id))
    row.reason, row.by_id, row.at = params.reason, uow.actor.person_id, timezone.now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("already_stopped", _("This is stopped already.")) from error
    uow.tell(name=row.name)
    follow_up(uow, row)
    return row


def name_of(scope: str, ref: str) -> str:
    """What people call it. Raises BadInput when there is no such thing, or one is named though everything stops."""
    if scope == Scope.ALL:
        if ref:
            raise BadInput(errors={"id": [_("Everything has no parts to name.")]})
        return ""
    reach = reach_of(scope)
    if not ref or reach is None:
        raise BadInput(errors={"id": [_("Say which one is to be stopped.")]})
    return reach.name(ref)[:200]


class ResumeInstallation(Params):
    stop: UUID


@action(
    RESUME, Effect.CONFIGURE, params=ResumeInstallation, policy=is_staff_acting, label=_("Let agents go on everywhere")
)
def resume(uow: UnitOfWork, params: ResumeInstallation) -> InstallationStop:
    """What was stopped stays stopped; new work may begin again."""
    row = InstallationStop.objects.select_for_update(no_key=True).filter(pk=params.stop).first()
    if row is None:
        raise NotThere()
    if row.lifted_at is not None:
        raise Conflict("already_lifted", _("It was lifted already."))
    row.lifted_by_id, row.lifted_at = uow.actor.person_id, timezone.now()
    row.told_at = None
    row.save(update_fields=["lifted_by_id", "lifted_at", "told_at"])
    uow.tell(scope=row.scope, ref=row.ref, name=row.name)
    follow_up(uow, row)
    return row


def follow_up(uow: UnitOfWork, row: InstallationStop) -> None:
    """What takes longer than a commit may: the worker does it as the installation."""
    enqueue(JOB, None, row.pk, None, add=uow.add)
