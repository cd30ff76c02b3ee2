"""Who may still decide one question, and how much of its time is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.checkpoints.models import Checkpoint, Vote
from governance.checkpoints.policies import deciding_roles, may_decide
from governance.checkpoints.quorum import is_self_approval
from governance.delegations.covering import people_in
from governance.isolation.context import IdentityContext
from governance.people.models import Membership
from governance.people.policies import WRITERS

NBSP = "\N{NO-BREAK SPACE}"
LATE = 25  # per cent of the life left


def is_open(row: Checkpoint, now: datetime | None = None) -> bool:
    """Does it still wait? An overdue question does not, even before the sweep has ended it."""
    return row.status == Checkpoint.Status.PENDING and row.expires_at > (now or timezone.now())


def can_decide(row: Checkpoint, actor: IdentityContext, solo: bool | None = None) -> bool:
    """May this person vote on this question now? The action decides for itself; this is what to offer.

    `solo`: has the identity one member only? A list asks once for all its rows.
    """
    excluded = row.exclude_requester and row.requester_id == actor.person_id
    return (
        is_open(row)
        and may_decide(actor)
        and actor.role in deciding_roles(row)
        and not (excluded and not is_self_approval(row, solo))
        and actor.person_id not in people_in(row.votes.all())
    )


def deciders(identity_id: UUID, roles: frozenset[str] = WRITERS) -> dict[UUID, datetime]:
    """Who may decide in an identity, and since when they belong to it; one query."""
    members = Membership.objects.filter(identity_id=identity_id, role__in=roles, user__is_active=True)
    return dict(members.values_list("user_id", "created_at"))


def counts(vote: Vote, members: dict[UUID, datetime]) -> bool:
    """Does a vote still count? Not when its person has left since, or may no longer decide (`standing_approvals`)."""
    people = {vote.person_id, vote.cast_by_id or vote.person_id}
    if vote.delegation is not None and vote.delegation.revoked_at is not None:
        return False
    return all(pk in members and members[pk] <= vote.at for pk in people)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`minutes` until refusal (0 when over) and the share of the life that is left, in per cent."""

    minutes: int
    percent: int

    @property
    def words(self) -> str:
        """“3 h 41 min”."""
        hours, minutes = divmod(self.minutes, 60)
        if not self.minutes:
            return _("less than a minute")
        parts = [_("%(n)s h") % {"n": hours}] if hours else []
        parts += [_("%(n)s min") % {"n": minutes}] if minutes else []
        return " ".join(parts).replace(" ", NBSP)

    @property
    def period(self) -> str:
        """As HTML's <time> wants a duration."""
        return f"PT{self.minutes // 60}H{self.minutes % 60}M"

    @property
    def is_late(self) -> bool:
        return self.percent < LATE


def time_left(row: Checkpoint, now: datetime | None = None) -> TimeLeft:
    """How long a question still waits."""
    left = (row.expires_at - (now or timezone.now())).total_seconds()
    life = (row.expires_at - row.created_at).total_seconds()
    if left <= 0 or life <= 0:
        return TimeLeft(0, 0)
    return TimeLeft(int(left // 60), min(100, max(1, round(left * 100 / life))))
