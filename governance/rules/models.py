"""Rules of an identity, and the verdicts the gate gave (design 3.3)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.isolation.models import Scoped


class RuleKind(models.TextChoices):
    IDENTITY_ISOLATION = "identity_isolation", _("identity isolation")
    SPHERE_BOUNDARY = "sphere_boundary", _("sphere boundary")
    TOKEN_BUDGET = "token_budget", _("token budget")
    RATE_LIMIT = "rate_limit", _("rate limit")
    DATA_SENSITIVITY = "data_sensitivity", _("data sensitivity")
    ACTION_RESTRICTION = "action_restriction", _("action restriction")
    TIME_RESTRICTION = "time_restriction", _("time restriction")
    ROLE_BASED = "role_based", _("role")
    CUSTOM = "custom", _("custom")


class RuleEffect(models.TextChoices):
    ALLOW = "allow", _("allow")
    DENY = "deny", _("refuse")
    CHECKPOINT = "checkpoint", _("ask a person")
    LOG = "log", _("note")
    ESCALATE = "escalate", _("ask, one level higher")


class Level(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")


class Rule(Scoped):
    """A rule of the identity's owners. It can only tighten: the system's rules hold besides it."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=RuleKind, default=RuleKind.CUSTOM)
    effect = models.CharField(max_length=10, choices=RuleEffect)
    level = models.CharField(max_length=8, choices=Level, blank=True)
    priority = models.PositiveSmallIntegerField(default=50)
    enabled = models.BooleanField(default=True)
    conditions = models.JSONField(default=list)
    quorum = models.PositiveSmallIntegerField(default=1)
    exclude_requester = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    author_id = models.UUIDField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "name"], name="rule_name_once")]


class Verdict(Scoped):
    """What the gate said and why: `document` is the canonical, replayable explanation."""

    append_only = True

    action = models.CharField(max_length=100)
    decision = models.CharField(max_length=10, choices=RuleEffect)
    rule_set = models.CharField(max_length=64)
    document = models.JSONField()
    person_id = models.UUIDField()
    run_id = models.UUIDField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        pass
