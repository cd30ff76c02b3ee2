"""Do consent and time hold? What was carried out was approved, what nobody answered is over, agents are paused."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.models import Checkpoint, Execution
from governance.checkpoints.pausing import MOST_PENDING
from governance.laws.checks import Finding, none_of, register_check

OVERDUE = timedelta(minutes=5)
LATELY = timedelta(days=7)
TOGETHER = 5  # questions of one agent that may be asked in the same moment, beyond the limit
Status = Checkpoint.Status
NOT_AGREED = (Status.PENDING, Status.REJECTED, Status.EXPIRED, Status.CANCELLED, Status.SUPERSEDED)


def carried_out_unapproved() -> Finding:
    """Executions of the last week whose question nobody has approved."""
    lately = Execution.objects.filter(started_at__gte=timezone.now() - LATELY)
    return none_of(lately.filter(checkpoint__status__in=NOT_AGREED).count(), "executions without an approval")


def overdue_questions() -> Finding:
    """Questions whose time was over five minutes ago: the sweep ends them within a minute."""
    overdue = Checkpoint.objects.filter(status=Status.PENDING, expires_at__lt=timezone.now() - OVERDUE)
    return none_of(overdue.count(), "questions wait past their time: does the expiry sweep run?")


def tireless_agents() -> Finding:
    """Agents with more open questions than may wait."""
    waiting = Checkpoint.objects.filter(status=Status.PENDING, expires_at__gt=timezone.now()).exclude(agent="")
    groups = waiting.values("identity_id", "agent").annotate(number=Count("id")).order_by()
    return none_of(groups.filter(number__gt=MOST_PENDING + TOGETHER).count(), "agents with too many open questions")


def register() -> None:
    register_check("L1", "consent.carried", _("Nothing was carried out without an approval"), carried_out_unapproved)
    register_check("L2", "time.overdue", _("No question waits past its time"), overdue_questions)
    register_check("L7", "agents.paused", _("No agent piles up questions"), tireless_agents)
