"""Threads, what is said in them and what is decided (design 7.6)."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Scoped, ScopedKey
from spheres.facts import SphereSlug
from spheres.models import DataSpace
from threads.querysets import DecisionQuerySet, MessageQuerySet, ThreadQuerySet

LONGEST_TITLE = 200
LONGEST_MESSAGE = 20_000
LONGEST_STATEMENT = 2_000
LONGEST_OPTION = 500
MOST_OPTIONS = 10
MOST_SOURCES = 50


class Size(models.TextChoices):
    """How much a thread may spend, by the kind of work (tokens in `BUDGETS`)."""

    MINIMAL = "minimal", _("Minimal")
    STANDARD = "standard", _("Standard")
    COMPLEX = "complex", _("Complex")


BUDGETS = {Size.MINIMAL: 5_000, Size.STANDARD: 10_000, Size.COMPLEX: 25_000}


class AuthorKind(models.TextChoices):
    PERSON = "person", _("Person")
    AGENT = "agent", _("Agent")
    NOVA = "nova", _("Nova")
    SYSTEM = "system", _("System")


class Thread(Scoped):
    """The unit of truth: one identity, one sphere. `tokens_used` and `cost_pico_usd` (10⁻¹² US dollars)
    add up what its runs have settled; the ledger is the proof."""

    class Type(models.TextChoices):
        CONVERSATION = "conversation", _("Conversation")
        DECISION = "decision", _("Decision")
        TASK = "task", _("Task")
        PROJECT = "project", _("Project")
        MEETING = "meeting", _("Meeting")
        SUPPORT = "support", _("Support")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("thread", "Draft")
        ACTIVE = "active", pgettext_lazy("thread", "Active")
        PAUSED = "paused", pgettext_lazy("thread", "Paused")
        RESOLVED = "resolved", pgettext_lazy("thread", "Resolved")
        ARCHIVED = "archived", pgettext_lazy("thread", "Archived")

    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    sphere = models.CharField(_("sphere"), max_length=13, choices=SphereSlug)
    dataspace = ScopedKey(DataSpace, models.SET_NULL, null=True)
    type = models.CharField(_("type"), max_length=12, choices=Type, default=Type.CONVERSATION)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    token_budget = models.PositiveIntegerField(default=BUDGETS[Size.STANDARD])
    tokens_used = models.PositiveBigIntegerField(default=0)
    cost_pico_usd = models.BigIntegerField(default=0)
    created_by = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    last_activity_at = models.DateTimeField(default=now)

    objects = ThreadQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "-last_activity_at", "-id"], name="thread_recent"),
            models.Index(fields=["identity", "sphere", "-last_activity_at", "-id"], name="thread_recent_in_sphere"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(cost_pico_usd__gte=0), name="thread_cost_not_negative"),
            models.CheckConstraint(condition=models.Q(sphere__in=SphereSlug.values), name="thread_in_a_sphere"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tokens_left(self) -> int:
        """What remains of the budget, never below nothing."""
        return max(0, self.token_budget - self.tokens_used)

    @property
    def is_archived(self) -> bool:
        return self.status == self.Status.ARCHIVED


class Decision(Scoped):
    """What was decided, by whom and when. Its words never change: another decision supersedes it."""

    class Type(models.TextChoices):
        APPROVAL = "approval", _("Approval")
        DIRECTION = "direction", _("Direction")
        ASSIGNMENT = "assignment", _("Assignment")
        POLICY = "policy", _("Policy")

    class Status(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("decision", "Proposed")
        ADOPTED = "adopted", pgettext_lazy("decision", "Adopted")
        SUPERSEDED = "superseded", pgettext_lazy("decision", "Superseded")

    thread = ScopedKey(Thread, models.PROTECT)
    statement = models.CharField(_("statement"), max_length=LONGEST_STATEMENT)
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.APPROVAL)
    options = models.JSONField(default=list)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=120)
    proposed_by_agent = models.CharField(max_length=80, blank=True)
    adopted_by = models.UUIDField(null=True)
    adopted_by_name = models.CharField(max_length=120, blank=True)
    adopted_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    supersedes = ScopedKey("self", models.PROTECT, null=True)
    created_at = models.DateTimeField(default=now)

    objects = DecisionQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "thread", "-id"], name="decision_in_thread")]
        constraints = [
            models.UniqueConstraint(fields=["identity", "supersedes"], name="decision_superseded_once"),
            models.CheckConstraint(
                condition=models.Q(status="proposed", adopted_at__isnull=True, adopted_by__isnull=True)
                | models.Q(status__in=["adopted", "superseded"], adopted_at__isnull=False, adopted_by__isnull=False),
                name="decision_adopted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.statement


class Message(Scoped):
    """Something said. Only ever added: a correction is a new message that points to the old one."""

    append_only = True

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        FILE = "file", _("File")
        ACTION = "action", _("Action")
        DECISION = "decision", _("Decision")
        SYSTEM = "system", _("System")
        RESULT = "result", _("Result")

    thread = ScopedKey(Thread, models.PROTECT)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.TEXT)
    content = models.TextField(_("message"), max_length=LONGEST_MESSAGE)
    author_kind = models.CharField(max_length=6, choices=AuthorKind)
    author_person_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=120)
    agent = models.CharField(max_length=80, blank=True)
    run_id = models.UUIDField(null=True)
    reply_to = ScopedKey("self", models.PROTECT, null=True)
    corrects = ScopedKey("self", models.PROTECT, null=True)
    decision = ScopedKey(Decision, models.PROTECT, null=True)
    sources = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)

    objects = MessageQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "thread", "id"], name="message_in_thread")]
        constraints = [models.UniqueConstraint(fields=["identity", "corrects"], name="message_corrected_once")]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.content[:60]}"
