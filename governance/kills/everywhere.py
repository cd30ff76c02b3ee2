"""What staff stop in the whole installation: identity by identity, as a job, in the chain of each (design 4.4)."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.errors import Conflict, GovernanceError
from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, bind
from governance.kills.models import InstallationStop, Kill
from governance.kills.scopes import busy, stop_all
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

logger = logging.getLogger("chenu.stops")
FOLLOW = "governance.kill.follow"
JOB, SWEEP = "governance.kills.follow", "governance.kills.sweep"
SCOPES = {InstallationStop.Scope.ALL: Kill.Scope.IDENTITY, InstallationStop.Scope.PROVIDER: Kill.Scope.PROVIDER}


def live_stops() -> QuerySet[InstallationStop]:
    """Those that hold."""
    return InstallationStop.objects.filter(lifted_at__isnull=True)


class FollowStop(Params):
    stop: UUID


def the_system_within(actor: IdentityContext, _params: object = None) -> bool:
    """The installation itself, acting inside one identity."""
    return actor.channel is Channel.SYSTEM and actor.identity_id != SYSTEM_CHAIN


@action(FOLLOW, Effect.UPDATE, params=FollowStop, policy=the_system_within, label=_("Stopped by the operator"))
def follow(uow: UnitOfWork, params: FollowStop) -> None:
    """Ends what is under way in this identity. Raises Conflict when nothing is, or the stop was lifted meanwhile."""
    row = live_stops().filter(pk=params.stop).first()
    people = stop_all(uow, SCOPES[InstallationStop.Scope(row.scope)], row.ref) if row else []
    if row is None or not people:
        raise Conflict()
    InstallationStop.objects.filter(pk=row.pk).update(stopped=F("stopped") + len(people))
    uow.tell(name=row.name, stopped=len(people), said=row.reason, people=sorted({str(one) for one in people}))
    uow.announce("kill.followed", row.pk, scope=row.scope, ref=row.ref)


def carry_through(stop_id: UUID) -> None:
    """Ends what the stop finds in every identity; harmless to repeat, and over once the stop is lifted.

    An identity that refuses keeps no other from being stopped: the sweep comes back to it.
    """
    row = live_stops().filter(pk=stop_id).first()
    if row is None:
        return
    left = 0
    for identity_id in busy(SCOPES[InstallationStop.Scope(row.scope)], row.ref):
        with bind(IdentityContext(SYSTEM_CHAIN, identity_id, "system", Channel.SYSTEM, uuid7())):
            try:
                perform(FOLLOW, {"stop": row.pk})
            except Conflict:
                continue  # it ended in the same moment
            except GovernanceError as refusal:
                logger.warning("what is under way in %s could not be stopped: %s", identity_id, refusal.code)
                left += 1
    if not left:
        InstallationStop.objects.filter(pk=stop_id, followed_at__isnull=True).update(followed_at=timezone.now())
