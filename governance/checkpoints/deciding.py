"""Who may still decide one question, and how much of its time is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.checkpoints.models import Checkpoint
from governance.checkpoints.policies import may_decide
from governance.isolation.context import IdentityContext

NBSP = "\N{NO-BREAK SPACE}"
LATE = 25  # per cent of the life left


def is_open(row: Checkpoint, now: datetime | None = None) -> bool:
    """Does it still wait? An overdue question does not, even before the sweep has ended it."""
    return row.status == Checkpoint.Status.PENDING and row.expires_at > (now or timezone.now())


def can_decide(row: Checkpoint, actor: IdentityContext) -> bool:
    """May this person vote on this question now? The action decides for itself; this is what to offer."""
    return (
        is_open(row)
        and may_decide(actor)
        and not (row.exclude_requester and row.requester_id == actor.person_id)
        and all(vote.person_id != actor.person_id for vote in row.votes.all())
    )


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
