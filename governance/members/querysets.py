"""Reads of invitations: always of one identity, or by the hash of their secret."""

from __future__ import annotations

import hashlib
from typing import Self
from uuid import UUID

from django.db import models
from django.utils import timezone


def hash_of(token: str) -> str:
    """What is kept of an invitation's secret."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class InvitationQuerySet(models.QuerySet):
    """Invitations into identities."""

    def of_identity(self, identity_id: UUID) -> Self:
        return self.filter(identity_id=identity_id)

    def unanswered(self) -> Self:
        """Neither accepted nor withdrawn; their time may be over."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def live(self) -> Self:
        """Those that still open a door."""
        return self.unanswered().filter(expires_at__gt=timezone.now(), identity__status="active")

    def with_token(self, token: str) -> Self:
        return self.filter(token_hash=hash_of(token)).select_related("identity", "invited_by")

    def newest_first(self) -> Self:
        return self.order_by("-id")
