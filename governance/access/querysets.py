"""Reads of sign-ins and API tokens: always of one person."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.timezone import now


class SignInQuerySet(models.QuerySet):
    """The open doors of a person."""

    def of_person(self, person_id: UUID) -> Self:
        return self.filter(user_id=person_id)

    def alive(self) -> Self:
        return self.filter(_session())

    def newest_first(self) -> Self:
        return self.order_by("-id")

    def over(self) -> Self:
        """Rows whose session has ended or run out."""
        return self.exclude(_session())


class ApiTokenQuerySet(models.QuerySet):
    """The keys a person gave to programs."""

    def of_person(self, person_id: UUID) -> Self:
        return self.filter(user_id=person_id).select_related("identity")

    def live(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now())

    def newest_first(self) -> Self:
        return self.order_by("-id")


def _session() -> models.Exists:
    keys = Session.objects.filter(session_key=models.OuterRef("session_key"), expire_date__gt=now())
    return models.Exists(keys)
