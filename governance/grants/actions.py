"""Giving, using and revoking a standing grant."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.stepup import require_proved
from governance.checkpoints.models import Checkpoint
from governance.errors import Conflict, NotAllowed
from governance.grants.applying import USE, UseGrant, can_be_lifted
from governance.grants.models import Grant
from governance.grants.policies import may_grant, nobody
from governance.isolation.lookup import find
from governance.people.models import User
from governance.registry.actions import Effect, Params, action, get_action
from governance.rules.models import Level
from governance.uow import UnitOfWork

GIVE, REVOKE = "governance.grant.give", "governance.grant.revoke"
USD = 10**12
DEFAULT_CEILING, MOST_CEILING = 5 * USD, 50 * USD
DEFAULT_DAYS, MOST_DAYS = 30, 90
MOST_LIVE = 50
AGREED = frozenset({Checkpoint.Status.PENDING, Checkpoint.Status.APPROVED, Checkpoint.Status.EXECUTED})


class GiveGrant(Params):
    """The like of this question is answered in advance: same action, thread, person and agent."""

    checkpoint: UUID
    ceiling_pico_usd: int = Field(default=DEFAULT_CEILING, gt=0, le=MOST_CEILING)
    days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)


def is_grantable(row: Checkpoint) -> bool:
    """Could the like of this question be answered in advance?"""
    effect = get_action(row.action).effect
    return (
        row.thread_id is not None
        and row.kind != Checkpoint.Kind.FINANCIAL
        and can_be_lifted(effect, row.level, row.quorum, row.exclude_requester, row.why)
    )


@action(GIVE, Effect.CONFIGURE, params=GiveGrant, policy=may_grant, label=_("Answer such questions in advance"))
def give(uow: UnitOfWork, params: GiveGrant) -> Grant:
    """Writes the grant. Raises NotAllowed for a question that must be asked each time."""
    row = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    if row.status not in AGREED or not is_grantable(row):
        raise NotAllowed(_("Such a question must be asked each time."))
    if row.level == Level.HIGH:
        require_proved(uow.actor, back=f"/approvals/{row.pk}/")
    now = timezone.now()
    giver = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    if Grant.objects.filter(given_by_id=giver.pk, revoked_at__isnull=True, expires_at__gt=now).count() >= MOST_LIVE:
        raise Conflict("too_many_grants", _("Fifty at a time at most: revoke one first."))
    grant = Grant.objects.create(
        action=row.action,
        thread_id=row.thread_id,
        agent=row.agent,
        person_id=row.requester_id,
        given_by_id=giver.pk,
        given_by_name=str(giver)[:80],
        checkpoint_id=row.pk,
        ceiling_pico_usd=params.ceiling_pico_usd,
        created_at=now,
        expires_at=now + timedelta(days=params.days),
    )
    uow.announce("grant.given", grant.pk)
    return grant


@action(USE, Effect.UPDATE, params=UseGrant, policy=nobody, label=_("Use a standing grant"))
def use(uow: UnitOfWork, params: UseGrant) -> Grant:
    """Counts one use, in the commit of what it allows. Raises Conflict when the room was taken meanwhile."""
    now, cost = timezone.now(), params.cost_pico_usd
    live = Grant.objects.filter(pk=params.grant, revoked_at__isnull=True, expires_at__gt=now)
    room = live.filter(ceiling_pico_usd__gte=F("used_pico_usd") + cost)
    if room.update(used_pico_usd=F("used_pico_usd") + cost, uses=F("uses") + 1) != 1:
        raise Conflict("grant_used_up", _("What was allowed in advance has just been used up: ask again."))
    uow.announce("grant.used", params.grant)
    return Grant.objects.get(pk=params.grant)


class RevokeGrant(Params):
    grant: UUID


@action(REVOKE, Effect.CONFIGURE, params=RevokeGrant, policy=may_grant, label=_("Revoke a standing grant"))
def revoke(uow: UnitOfWork, params: RevokeGrant) -> Grant:
    """Ends it at once; anybody who may decide may: it only makes things be asked again."""
    row: Grant = find(Grant.objects.select_for_update(), params.grant)
    if not row.is_live():
        raise Conflict("grant_over", _("It is over already."))
    end(uow, row)
    return row


def end(uow: UnitOfWork, row: Grant) -> None:
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    uow.announce("grant.revoked", row.pk)


def end_grants(uow: UnitOfWork, person_id: UUID) -> None:
    """Ends what somebody who leaves has given, and what holds for their requests."""
    live = Grant.objects.select_for_update().filter(revoked_at__isnull=True, expires_at__gt=timezone.now())
    for column in ("given_by_id", "person_id"):
        for row in live.filter(**{column: person_id}).order_by("id"):
            end(uow, row)
