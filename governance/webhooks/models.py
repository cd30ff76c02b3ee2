"""Where an identity's events are sent, with which secret, and what became of each (design 3.10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Scoped, ScopedKey
from governance.webhooks.querysets import DeliveryQuerySet, SecretQuerySet, WebhookQuerySet

KEPT = timedelta(days=30)  # deliveries with their bodies, and removed webhooks


class Webhook(Scoped):
    """An address that is told of chosen events.

    `failing_since`: of the first failure after the last success. `off_reason`: why it was switched off. A removed
    one can be brought back until its term is over.
    """

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("webhook", "On")
        PAUSED = "paused", pgettext_lazy("webhook", "Paused")
        OFF = "off", pgettext_lazy("webhook", "Switched off")
        REMOVED = "removed", pgettext_lazy("webhook", "Removed")

    class Off(models.TextChoices):
        GONE = "gone", _("The receiver said that it is gone for good (410).")
        FAILING = "failing", _("Nothing could be delivered for three days.")

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = models.JSONField()
    state = models.CharField(max_length=7, choices=State, default=State.ACTIVE)
    off_reason = models.CharField(max_length=7, choices=Off, blank=True)
    made_by = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    failing_since = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity"], condition=models.Q(state="active"), name="webhook_active"),
            models.Index(fields=["removed_at"], condition=models.Q(state="removed"), name="webhook_removed"),
        ]

    @property
    def enabled(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def removed_until(self) -> datetime | None:
        """Until when a removed one can be brought back."""
        return self.removed_at + KEPT if self.removed_at else None


class WebhookSecret(Scoped):
    """A key that signs, sealed under the identity's own. `expires_at`: of one that was replaced, and signs along."""

    webhook = ScopedKey(Webhook, models.CASCADE)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)

    objects = SecretQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "webhook", "-id"], name="webhook_secret_newest")]


class WebhookDelivery(Scoped):
    """One event on its way to one webhook: the exact body, and each attempt with its answer.

    `event_id` is the same at all webhooks and at each attempt: receivers know a repeat by it. `attempts`:
    `[{at, status, ms, error, answer}]`, the newest last.
    """

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("delivery", "Waiting")
        DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
        FAILED = "failed", pgettext_lazy("delivery", "Not delivered")
        DROPPED = "dropped", pgettext_lazy("delivery", "Dropped")

    webhook = ScopedKey(Webhook, models.CASCADE)
    event = models.CharField(max_length=40)
    event_id = models.UUIDField()
    object_id = models.UUIDField(null=True)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)  # since it was last asked for
    attempts = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)
    next_attempt_at = models.DateTimeField(null=True, default=now)
    ended_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "webhook", "-id"], name="delivery_newest"),
            models.Index(fields=["identity", "webhook", "state", "-id"], name="delivery_by_state"),
            models.Index(
                fields=["identity", "webhook", "next_attempt_at"],
                condition=models.Q(state="pending"),
                name="delivery_to_do",
            ),
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="pending"), name="delivery_overdue"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]

    @property
    def last(self) -> dict[str, object]:
        """The last attempt; {} before the first."""
        return self.attempts[-1] if self.attempts else {}

    @property
    def may_be_repeated(self) -> bool:
        return self.state != self.State.PENDING and self.created_at > timezone.now() - KEPT
