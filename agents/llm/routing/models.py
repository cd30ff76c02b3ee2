"""What was decided, and what an identity prefers (design 5.2)."""

from __future__ import annotations

from django.db import models

from agents.llm.routing.asking import Strategy, Task
from governance.isolation.models import Scoped


class RoutingPreference(Scoped):
    """How an identity wants its models chosen: one row, the defaults where there is none.

    `residency`: jurisdictions that may see its words, none for all; a hard limit, unlike `prefer`.
    """

    strategy = models.CharField(max_length=20, choices=Strategy, default=Strategy.BALANCED)
    residency = models.JSONField(default=list)
    prefer = models.JSONField(default=list)
    exclude = models.JSONField(default=list)
    max_cost_pico_usd = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity"], name="routing_preference_once")]


class RoutingDecision(Scoped):
    """One decision with everything it weighed; `provider` '' when no model fitted. Never changed."""

    person_id = models.UUIDField()
    at = models.DateTimeField()
    task = models.CharField(max_length=20, choices=Task)
    role = models.CharField(max_length=20, blank=True)
    strategy = models.CharField(max_length=20, choices=Strategy)
    asked = models.JSONField()
    provider = models.CharField(max_length=30, blank=True)
    model = models.CharField(max_length=120, blank=True)
    score = models.PositiveIntegerField(null=True)
    parts = models.JSONField(default=dict)
    ranked = models.JSONField(default=list)
    chain = models.JSONField(default=list)
    estimate_pico_usd = models.BigIntegerField(null=True)
    price_version = models.CharField(max_length=60, blank=True)
    registry = models.CharField(max_length=60)
    decided_us = models.PositiveIntegerField()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "-id"], name="routing_decision_newest")]
