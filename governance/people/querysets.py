"""Reads of people and identities: always filtered by person."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.db import models


class MembershipQuerySet(models.QuerySet):
    """The identities that a person may act for."""

    def of_person(self, person_id: UUID) -> Self:
        """Live memberships of one person, the default identity first, then by name."""
        return (
            self.filter(user_id=person_id, identity__status="active", user__is_active=True)
            .select_related("identity")
            .order_by("-identity__is_default", "identity__name")
        )

    def archived_of(self, person_id: UUID) -> Self:
        """The archived identities that a person owns, by name."""
        return (
            self.filter(user_id=person_id, role="owner", identity__status="archived")
            .select_related("identity")
            .order_by("identity__name")
        )

    def newest_first(self) -> Self:
        return self.order_by("-id")
