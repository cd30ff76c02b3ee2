"""Rules of an identity, and the verdicts the gate gave (design 3.3)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Scoped, ScopedKey
from governance.rules.querysets import ChangeQuerySet, RuleQuerySet, VerdictQuerySet


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
    """A rule of the identity's owners. It can only tighten: the system's rules hold besides it.

    The columns are what holds (or would, once switched on); `draft` is what is being written, until it is published.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("rule", "Draft")
        PUBLISHED = "published", pgettext_lazy("rule", "In force")
        DISABLED = "disabled", pgettext_lazy("rule", "Switched off")
        REMOVED = "removed", pgettext_lazy("rule", "Removed")

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
    tightens = models.CharField(max_length=60, blank=True)
    draft = models.JSONField(null=True)
    removed_at = models.DateTimeField(null=True)
    author_id = models.UUIDField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = RuleQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "name"], name="rule_name_once")]

    @property
    def state(self) -> Rule.State:
        if self.removed_at is not None:
            return self.State.REMOVED
        if self.version == 0:
            return self.State.DRAFT
        return self.State.PUBLISHED if self.enabled else self.State.DISABLED


class RuleVersion(Scoped):
    """What a rule said when it was published for the n-th time; never changed again."""

    append_only = True

    rule = ScopedKey(Rule, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    author_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "rule", "version"], name="rule_version_once")]


class Verdict(Scoped):
    """What the gate said and why: `document` is the canonical, replayable explanation.

    `consented`: the act was asked about before and agreed to; this verdict belongs to its carrying out.
    """

    append_only = True

    action = models.CharField(max_length=100)
    decision = models.CharField(max_length=10, choices=RuleEffect)
    rule_set = models.CharField(max_length=64)
    document = models.JSONField()
    person_id = models.UUIDField()
    run_id = models.UUIDField(null=True)
    consented = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    objects = VerdictQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "at", "id"], name="verdict_of_identity")]


class WhatIf(Scoped):
    """What recorded verdicts would have been under other rules: asked for, worked out by the worker, kept a while.

    `content` replaces (or joins) the rule `rule_id`; without it the rules as they are. `found`: counts, weeks, people.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("whatif", "Waiting")
        RUNNING = "running", pgettext_lazy("whatif", "Being worked out")
        DONE = "done", pgettext_lazy("whatif", "Done")
        FAILED = "failed", pgettext_lazy("whatif", "Not worked out")

    rule_id = models.UUIDField(null=True)
    content = models.JSONField(null=True)
    days = models.PositiveSmallIntegerField()
    person_id = models.UUIDField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["identity"], condition=models.Q(state__in=["waiting", "running"]), name="whatif_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["identity", "-id"], name="whatif_newest")]

    @property
    def is_under_way(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}


class WhatIfChange(Scoped):
    """One verdict that would have been another."""

    class Change(models.TextChoices):
        BLOCKED = "blocked", pgettext_lazy("whatif", "newly refused")
        ASKED = "asked", pgettext_lazy("whatif", "newly asked")
        ALLOWED = "allowed", pgettext_lazy("whatif", "newly allowed")
        OTHERWISE = "otherwise", pgettext_lazy("whatif", "asked otherwise")

    whatif = ScopedKey(WhatIf, related_name="changes")
    verdict = ScopedKey(Verdict, models.PROTECT)
    change = models.CharField(max_length=9, choices=Change)
    before = models.CharField(max_length=10, choices=RuleEffect)
    after = models.CharField(max_length=10, choices=RuleEffect)

    objects = ChangeQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "whatif", "-id"], name="whatif_changes")]
