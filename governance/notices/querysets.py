"""Reads of notices: always of one person."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class PersonNoticeQuerySet(models.QuerySet):
    """What waits for a person in any of their identities."""

    def of_person(self, person_id: UUID) -> Self:
        """What still holds: in identities they act for, not overdue; the nearest deadline first."""
        return (
            self.filter(person_id=person_id, count__gt=0, identity__status="active")
            .filter(identity__memberships__user_id=person_id)  # one row at most: a membership is unique
            .filter(Q(nearest__isnull=True) | Q(nearest__gt=timezone.now()))
            .select_related("identity")
            .order_by(F("nearest").asc(nulls_last=True), "id")
        )

    def seen_from(self, identity_id: UUID) -> Self:
        """Without those of that identity: its own pages show what they stand for."""
        return self.exclude(identity_id=identity_id)
