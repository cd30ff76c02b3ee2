"""Notifications and preferences as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.notifications.models import Notification, QuietHours
from governance.notifications.reading import choices_of, shown
from governance.people.models import User


class NotificationOut(BaseModel):
    """`title` and `body` are in the language of the request; `link` is a path of this installation."""

    id: UUID
    type: str
    source: str
    event: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    expires_at: datetime


class NotificationPage(BaseModel):
    results: list[NotificationOut]
    next: str | None
    previous: str | None


class QuietOut(BaseModel):
    """By the clock of the person's own time zone."""

    starts: str
    ends: str
    timezone: str


class ChoiceOut(BaseModel):
    """`always`: it cannot be switched off."""

    event: str
    group: str
    label: str
    type: str
    always: bool
    channels: dict[str, bool]


class PreferencesOut(BaseModel):
    quiet: QuietOut | None
    events: list[ChoiceOut]


def notification_out(row: Notification) -> dict[str, Any]:
    words = shown(row)
    fields = {name: getattr(row, name) for name in NotificationOut.model_fields if name not in {"title", "body"}}
    return NotificationOut(**fields, title=words.title, body=words.body).model_dump(mode="json")


def preferences_out(person: User) -> dict[str, Any]:
    hours = QuietHours.objects.filter(person_id=person.pk).first()
    quiet = None
    if hours is not None:
        quiet = QuietOut(starts=f"{hours.starts:%H:%M}", ends=f"{hours.ends:%H:%M}", timezone=person.timezone)
    events = [ChoiceOut(**choice) for choice in choices_of(person.pk)]
    return PreferencesOut(quiet=quiet, events=events).model_dump(mode="json")
