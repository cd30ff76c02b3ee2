"""Having read, and saying how one wants to be told."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, BaseModel, Field

from governance.access.actions import oneself
from governance.errors import BadInput, IdentityBoundary
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.live.notify import elsewhere
from governance.notices.counting import alerts_statements
from governance.notifications.events import Event, get_event
from governance.notifications.models import Channel, Notification, NotificationPreference, QuietHours
from governance.notifications.querysets import NotificationQuerySet
from governance.people.policies import may_read
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from governance.writes import send

READ, UNREAD = "governance.notification.read", "governance.notification.unread"
READ_ALL, UNDO_ALL = "governance.notification.read_all", "governance.notification.undo_read_all"
PREFER = "governance.notification.prefer"
CHANNELS = frozenset(Channel.values)
MOST_CHOICES = 200


class WhichNotification(Params):
    notification: UUID


@action(READ, Effect.UPDATE, params=WhichNotification, policy=may_read, label=_("Have read a notification"))
def read(uow: UnitOfWork, params: WhichNotification) -> Notification:
    """Read is read: once more changes nothing."""
    row = find_own(uow.actor, params.notification)
    _change(uow, _mine(uow).filter(pk=row.pk).unread(), timezone.now())
    row.refresh_from_db()
    return row


@action(UNREAD, Effect.UPDATE, params=WhichNotification, policy=may_read, label=_("Keep a notification as unread"))
def unread(uow: UnitOfWork, params: WhichNotification) -> Notification:
    row = find_own(uow.actor, params.notification)
    _change(uow, _mine(uow).filter(pk=row.pk), None)
    row.refresh_from_db()
    return row


class ReadAll(Params):
    """`until`: the newest one that was shown; what came later stays unread. `type`: only those."""

    until: UUID | None = None
    type: Notification.Type | None = None


class AllRead(BaseModel):
    """How many were read at this moment; the moment undoes it."""

    read: int
    at: datetime


@action(READ_ALL, Effect.UPDATE, params=ReadAll, policy=may_read, label=_("Have read all notifications"))
def read_all(uow: UnitOfWork, params: ReadAll) -> AllRead:
    rows = _mine(uow).unread()
    rows = rows.filter(pk__lte=params.until) if params.until else rows
    rows = rows.filter(type=params.type) if params.type else rows
    moment = timezone.now()
    return AllRead(read=_change(uow, rows, moment), at=moment)


class UndoReadAll(Params):
    """`at`: the moment that `read_all` answered with."""

    at: AwareDatetime


@action(UNDO_ALL, Effect.UPDATE, params=UndoReadAll, policy=may_read, label=_("Keep notifications as unread"))
def undo_read_all(uow: UnitOfWork, params: UndoReadAll) -> None:
    _change(uow, _mine(uow).filter(read_at=params.at), None)


def find_own(actor: IdentityContext, pk: UUID) -> Notification:
    """What the person was told. Raises IdentityBoundary for what somebody else was, NotThere for nothing."""
    row: Notification = find(Notification.objects, pk)
    if row.person_id != actor.person_id:
        raise IdentityBoundary(resource=Notification._meta.label_lower, target=row.identity_id)
    return row


def _mine(uow: UnitOfWork) -> NotificationQuerySet:
    found: NotificationQuerySet = Notification.objects.of_person(uow.actor.person_id)
    return found


def _change(uow: UnitOfWork, rows: NotificationQuerySet, read_at: datetime | None) -> int:
    """Marks the rows, and counts the alerts that are left for the person's other identities."""
    before, after = alerts_statements(uow.actor.identity_id)
    with connection.cursor() as cursor:
        send(cursor, before)
        changed = rows.update(read_at=read_at)
        send(cursor, after)
    elsewhere(uow.actor.person_id)
    return changed


class Quiet(Params):
    """From–until by the person's own clock; `until` before `from`: over midnight."""

    starts: time
    ends: time


class Prefer(Params):
    """`choices`: {event: {channel: wanted}}, only what changes. `quiet`: the hours; `loud`: none any more."""

    choices: dict[str, dict[str, bool]] = Field(default_factory=dict, max_length=MOST_CHOICES)
    quiet: Quiet | None = None
    loud: bool = False


@action(PREFER, Effect.CONFIGURE, params=Prefer, policy=oneself, label=_("Choose how to be told"))
def prefer(uow: UnitOfWork, params: Prefer) -> None:
    """Keeps choices and quiet hours of the person, for all their identities."""
    person_id = uow.actor.person_id
    for key, channels in params.choices.items():
        event = choosable(key, channels)
        for channel, enabled in channels.items():
            NotificationPreference.objects.update_or_create(
                person_id=person_id, event=event.key, channel=channel, defaults={"enabled": enabled}
            )
    if params.loud:
        QuietHours.objects.filter(person_id=person_id).delete()
    elif params.quiet is not None:
        hours = {"starts": params.quiet.starts.replace(second=0), "ends": params.quiet.ends.replace(second=0)}
        if hours["starts"] == hours["ends"]:
            raise BadInput(errors={"quiet": [_("Quiet hours need a beginning and an end.")]})
        QuietHours.objects.update_or_create(person_id=person_id, defaults=hours)


def choosable(key: str, channels: dict[str, bool]) -> Event:
    """The event, if one may choose about it; raises BadInput otherwise."""
    event = get_event(key)
    if event is None or not channels.keys() <= CHANNELS:
        raise BadInput(errors={"choices": [_("There is no such event or channel.")]})
    if event.always:
        raise BadInput(errors={"choices": [_("What is about security is always told.")]})
    return event
