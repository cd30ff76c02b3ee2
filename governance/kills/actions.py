"""Pulling a kill switch, and lifting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput, Conflict
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.kills.models import Kill
from governance.kills.scopes import reach_of, stop_all
from governance.people.policies import may_manage, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

PULL, LIFT = "governance.kill.pull", "governance.kill.lift"


class PullSwitch(Params):
    """Stops what is under way in the scope, and refuses what would begin there. `id`: '' for the identity."""

    scope: Kill.Scope
    id: str = Field(default="", max_length=60)
    reason: str = Field(default="", max_length=500)


def may_kill(actor: IdentityContext, _params: Any = None) -> bool:
    """Owners and administrators, in person."""
    return may_manage(actor) and person_itself(actor)


@action(PULL, Effect.CONFIGURE, params=PullSwitch, policy=may_kill, label=_("Pull a kill switch"))
def pull(uow: UnitOfWork, params: PullSwitch) -> Kill:
    """The switch is written before anything is stopped: what begins meanwhile finds it, or is found by it."""
    row = Kill(scope=params.scope, ref=params.id, name=name_of(params.scope, params.id), reason=params.reason)
    row.by_id, row.by_name, row.at = uow.actor.person_id, str(uow.person)[:80], timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("already_stopped", _("This is stopped already.")) from error
    people = stop_all(uow, params.scope, params.id)
    row.stopped = len(people)
    row.save(update_fields=["stopped"])
    uow.tell(name=row.name, stopped=row.stopped, people=sorted({str(person_id) for person_id in people}))
    uow.announce("kill.pulled", row.pk, scope=row.scope, ref=row.ref)
    return row


def name_of(scope: str, ref: str) -> str:
    """What people call it. Raises BadInput when the scope has no such thing, or asks for none."""
    if scope == Kill.Scope.IDENTITY:
        if ref:
            raise BadInput(errors={"id": [_("The identity is the one you act for.")]})
        return ""
    reach = reach_of(scope)
    if not ref or reach is None:
        raise BadInput(errors={"id": [_("Say which one is to be stopped.")]})
    return reach.name(ref)[:200]


class LiftSwitch(Params):
    kill: UUID


@action(LIFT, Effect.CONFIGURE, params=LiftSwitch, policy=may_kill, label=_("Lift a kill switch"))
def lift(uow: UnitOfWork, params: LiftSwitch) -> Kill:
    """What was stopped stays stopped; new work may begin again."""
    row: Kill = find(Kill.objects.select_for_update(), params.kill)
    if row.lifted_at is not None:
        raise Conflict("already_lifted", _("It was lifted already."))
    row.lifted_by_id, row.lifted_by_name, row.lifted_at = uow.actor.person_id, str(uow.person)[:80], timezone.now()
    row.save(update_fields=["lifted_by_id", "lifted_by_name", "lifted_at"])
    uow.tell(scope=row.scope, ref=row.ref, name=row.name)
    uow.announce("kill.lifted", row.pk, scope=row.scope, ref=row.ref)
    return row
