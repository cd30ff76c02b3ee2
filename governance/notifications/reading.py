"""What one was told, in words: found in the language and time zone of who reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from governance.notifications.events import all_events, get_event
from governance.notifications.models import Channel, Notification, NotificationPreference

ICONS = {
    "info": "info",
    "warning": "triangle-alert",
    "alert": "shield-alert",
    "task": "git-pull-request-arrow",
    "mention": "message-circle",
    "reminder": "clock",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One of them as a page or program shows it."""

    row: Notification
    title: str
    body: str
    icon: str


def shown(row: Notification) -> Shown:
    """An event that this release does not know says its key."""
    event = get_event(row.event)
    title = event.said(event.title, row.facts) if event else row.event
    body = event.said(event.body, row.facts) if event else ""
    return Shown(row, title, body, ICONS[row.type])


def by_day(rows: Iterable[Notification], zone: str) -> list[tuple[date, list[Shown]]]:
    """The rows, which are in order, under the days of the person's own calendar."""
    own = ZoneInfo(zone)
    days = groupby(rows, key=lambda row: row.created_at.astimezone(own).date())
    return [(day, [shown(row) for row in found]) for day, found in days]


def choices_of(person_id: UUID) -> list[dict[str, Any]]:
    """Every event with what holds for the person on each channel."""
    chosen = {
        (row.event, row.channel): row.enabled for row in NotificationPreference.objects.filter(person_id=person_id)
    }
    return [
        {
            "event": event.key,
            "group": str(event.group.label),
            "label": str(event.label),
            "type": str(event.type),
            "always": event.always,
            "channels": {
                Channel.IN_APP.value: event.always or chosen.get((event.key, "in_app"), event.in_app),
                Channel.EMAIL.value: event.email if event.always else chosen.get((event.key, "email"), event.email),
            },
        }
        for event in all_events()
    ]
