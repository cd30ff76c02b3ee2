"""How each provider is now, and what was seen of it: machinery of the installation, nobody's own rows.

Neither names a person, an identity or a run: only how a call ended and how long it took.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Global


class ProviderHealth(Global):
    """The circuit breaker of a provider, with moving averages; written by the functions of functions_health.sql.

    Closed: it is called. Open: it is not, until `retry_at`. Half open: one call or probe (`probe`) finds out.
    `failures` are consecutive ones that say something of the provider.
    """

    class State(models.TextChoices):
        CLOSED = "closed", pgettext_lazy("provider", "Available")
        OPEN = "open", pgettext_lazy("provider", "Unavailable")
        HALF_OPEN = "half_open", pgettext_lazy("provider", "Being tried")

    provider = models.CharField(primary_key=True, max_length=30)
    state = models.CharField(max_length=9, choices=State, default=State.CLOSED)
    failures = models.IntegerField(default=0)
    changed_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    probe = models.UUIDField(null=True)
    probe_until = models.DateTimeField(null=True)
    error_rate = models.FloatField(default=0)
    first_token_ms = models.FloatField(null=True)
    total_ms = models.FloatField(null=True)
    seen_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    last_code = models.CharField(max_length=20, blank=True, default="")


class ModelSpeed(Global):
    """Tokens per second of one model, as a moving average of what was measured."""

    provider = models.CharField(max_length=30)
    model = models.CharField(max_length=80)
    tokens_per_second = models.FloatField()
    calls = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "model"], name="model_speed_once")]


class HealthObservation(Global):
    """How one call or probe (`model` is '') ended: the history. `state` is the provider's after it."""

    provider = models.CharField(max_length=30)
    model = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    ok = models.BooleanField()
    code = models.CharField(max_length=20, blank=True)
    first_token_ms = models.IntegerField(null=True)
    total_ms = models.IntegerField()
    tokens_per_second = models.FloatField(null=True)
    state = models.CharField(max_length=9)

    class Meta:
        indexes = [
            models.Index(fields=["provider", "-at"], name="health_of_provider"),
            models.Index(fields=["at"], name="health_by_age"),
        ]
