"""Questions whose time is nearly over: told once more, to those who have not answered; and the end of old rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.models import LIFETIME, Checkpoint
from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, Why, bind, system_scope
from governance.notices.counting import alerts_statements
from governance.notifications.models import Notification
from governance.notifications.own import REMINDER
from governance.notifications.people import deciders
from governance.notifications.telling import tell
from governance.registry.actions import get_action
from governance.uow import unit_of_work
from governance.writes import send

LAST_PART = 4  # the last quarter of its life
AT_ONCE = 200
MOST_SWEPT = 5000

SWEEP = """
DELETE FROM governance_notification WHERE id IN (
    SELECT id FROM governance_notification WHERE expires_at <= %s ORDER BY expires_at LIMIT %s)
RETURNING identity_id, type, read_at IS NULL
"""


def remind() -> int:
    """Tells of the questions that are about to expire; how many they were."""
    now = timezone.now()
    rows = _nearly_over(now)
    for row in rows:
        nobody = IdentityContext(SYSTEM_CHAIN, row.identity_id, "system", Channel.SYSTEM, uuid7())
        with bind(nobody), unit_of_work() as uow:
            answered = list(row.votes.values_list("person_id", flat=True))
            answered += [row.requester_id] if row.exclude_requester else []
            link, facts = reverse("approval-detail", args=[row.pk]), {"at": row.expires_at.isoformat()}
            people = deciders(get_action(row.action).deciders).but(*answered)
            tell(uow, REMINDER, people, about=row.pk, facts=facts, link=link, expires_at=row.expires_at)
    return len(rows)


def _nearly_over(now: datetime) -> list[Checkpoint]:
    """Of all identities; a bounded look."""
    late = Q()
    for level, life in LIFETIME.items():
        late |= Q(level=level, expires_at__lte=now + life / LAST_PART)
    with system_scope(Why.SWEEP):
        reminded = Notification.objects.filter(
            identity_id=OuterRef("identity_id"), event=REMINDER, about=Cast(OuterRef("pk"), TextField())
        )
        waiting = Checkpoint.objects.filter(late, ~Exists(reminded), status=Checkpoint.Status.PENDING)
        return list(waiting.filter(expires_at__gt=now).order_by("expires_at")[:AT_ONCE])


def sweep() -> int:
    """Deletes what is over, some thousands at a time; how many rows."""
    with system_scope(Why.SWEEP), connection.cursor() as cursor:
        cursor.execute(SWEEP, [timezone.now(), MOST_SWEPT])
        rows: list[tuple[UUID, str, bool]] = cursor.fetchall()
        for identity_id in sorted({pk for pk, kind, unread in rows if kind == Notification.Type.ALERT and unread}):
            before, after = alerts_statements(identity_id)
            send(cursor, [*before, *after])
    return len(rows)
