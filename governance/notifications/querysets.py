"""Reads of notifications: of one person, inside the bound identity."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.utils import timezone

from governance.isolation.querysets import ScopedQuerySet


class NotificationQuerySet(ScopedQuerySet):
    """What people are told."""

    def of_person(self, person_id: UUID) -> Self:
        """What one person is shown: not what is only mailed, nor what is over."""
        return self.filter(person_id=person_id, in_app=True, expires_at__gt=timezone.now())

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)
