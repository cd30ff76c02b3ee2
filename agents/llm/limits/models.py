"""What is taken of each provider's limits, in the embedded default: one count for the whole installation.

All three are machinery of the installation, written by the functions of `agents/sql/functions_limits.sql`
only. A row names the identity it is for, so that nobody takes another one's turn; it holds nothing else of it
and is swept within minutes. With REDIS_URL they stay empty.
"""

from __future__ import annotations

from django.db import models

from governance.isolation.models import Global


class ProviderGate(Global):
    """One row per provider, locked by every take. `left_…` is what the provider itself said is left, `…_until` then."""

    provider = models.CharField(primary_key=True, max_length=30)
    taken = models.BigIntegerField(default=0)
    newest = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    left_requests = models.BigIntegerField(null=True)
    requests_until = models.DateTimeField(null=True)
    left_tokens = models.BigIntegerField(null=True)
    tokens_until = models.DateTimeField(null=True)


class ProviderTake(Global):
    """One call that was let through: numbered without a gap; open until it is given back or its lease ends."""

    id = models.UUIDField(primary_key=True)
    provider = models.CharField(max_length=30)
    number = models.BigIntegerField()
    identity_id = models.UUIDField()
    tokens = models.BigIntegerField()
    taken_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "number"], name="provider_take_once")]
        indexes = [
            models.Index(fields=["provider", "taken_at"], name="provider_take_window"),
            models.Index(
                fields=["provider"], condition=models.Q(returned_at__isnull=True), name="provider_take_open"
            ),
        ]  # fmt: skip


class ProviderWait(Global):
    """One call that waits for room; who is not seen for some seconds waits no more."""

    id = models.UUIDField(primary_key=True)
    provider = models.CharField(max_length=30)
    identity_id = models.UUIDField()
    priority = models.SmallIntegerField()
    tokens = models.BigIntegerField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["provider", "since"], name="provider_wait_line")]
