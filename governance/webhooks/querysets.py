"""Reads of webhooks, their secrets and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Q

from governance.isolation.querysets import ScopedQuerySet


class WebhookQuerySet(ScopedQuerySet):
    """The addresses an identity's events go to."""

    def standing(self) -> Self:
        """All but the removed ones."""
        return self.exclude(state="removed")

    def active(self) -> Self:
        return self.filter(state="active")


class SecretQuerySet(ScopedQuerySet):
    """The keys of a webhook."""

    def signing(self, webhook_id: UUID, moment: datetime) -> Self:
        """Those that sign at `moment`, the newest first."""
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=moment)
        return self.filter(alive, webhook_id=webhook_id).order_by("-id")


class DeliveryQuerySet(ScopedQuerySet):
    """What was or will be sent."""

    def pending(self) -> Self:
        return self.filter(state="pending")

    def due(self, moment: datetime) -> Self:
        return self.pending().filter(next_attempt_at__lte=moment)

    def matching(self, event: str = "", state: str = "") -> Self:
        """Narrowed to an event, a state; '' is any."""
        rows = self
        if event:
            rows = rows.filter(event=event)
        return rows.filter(state=state) if state else rows
