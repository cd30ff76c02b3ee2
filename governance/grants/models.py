"""Standing grants: “this action, in this thread, up to 5 $, for 30 days” (design 3.4)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from governance.isolation.models import Scoped


class Grant(Scoped):
    """Answers in advance what a rule of the identity, or a default, would ask. Never what a system rule asks.

    It holds for one person's requests through one agent, in one thread, until the ceiling is used up. Never deleted.
    `uses`: how often the gate stood on it; a run is ruled on when it is asked for and again when it begins.
    """

    action = models.CharField(max_length=100)
    thread_id = models.UUIDField()
    agent = models.CharField(max_length=60, blank=True)
    person_id = models.UUIDField()
    given_by_id = models.UUIDField()
    given_by_name = models.CharField(max_length=80)
    checkpoint_id = models.UUIDField()
    ceiling_pico_usd = models.BigIntegerField()
    used_pico_usd = models.BigIntegerField(default=0)
    uses = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_pico_usd__gte=0, used_pico_usd__lte=models.F("ceiling_pico_usd")),
                name="grant_within_its_ceiling",
            )
        ]
        indexes = [
            models.Index(
                fields=["identity", "thread_id", "action"],
                condition=models.Q(revoked_at__isnull=True),
                name="grant_in_thread",
            )
        ]

    def is_live(self, now: datetime | None = None) -> bool:
        return self.revoked_at is None and self.expires_at > (now or timezone.now())
