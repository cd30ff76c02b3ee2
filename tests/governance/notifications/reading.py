"""What people are told, as the tests read it."""

from __future__ import annotations

from typing import Any

from governance.models import Notification
from tests.cast import Person


def rows(person: Person, identity: Any = None) -> list[Notification]:
    """What the person is shown in an identity, the newest first."""
    with person.looking(identity):
        return list(Notification.objects.of_person(person.user.pk).newest_first())


def told(person: Person, identity: Any = None) -> list[str]:
    """The events of the unread ones, the newest first."""
    return [row.event for row in rows(person, identity) if row.read_at is None]
