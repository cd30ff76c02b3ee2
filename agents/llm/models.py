"""Every attempt to call a model, kept (design 5.3)."""

from __future__ import annotations

from django.db import models

from governance.isolation.models import Scoped


class Attempt(Scoped):
    """One call of a provider: reserved before, settled after; `hold_id` names its reservation.

    Waiting: there is no room in the provider's limits yet, so nothing has been called.
    `person_id`, `first_id`: for a completion, who asked, and the first of its attempts. A run knows its own.
    """

    class State(models.TextChoices):
        CALLING = "calling"
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        LOST = "lost"

    run_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    first_id = models.UUIDField(null=True)
    provider = models.CharField(max_length=30)
    model = models.CharField(max_length=80)
    price_version = models.CharField(max_length=60)
    hold_id = models.UUIDField()
    held_credits = models.BigIntegerField()
    held_pico_usd = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.CALLING)
    error = models.CharField(max_length=20, blank=True)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    usage_estimated = models.BooleanField(default=False)
    credits = models.BigIntegerField(default=0)
    pico_usd = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "run_id", "id"], name="attempt_of_run")]
