"""What is remembered, and which run was shown it (design 3.7)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import pgettext_lazy

from governance.canonical import canonical
from governance.isolation.models import Scoped, ScopedKey
from governance.memory.querysets import LIVE, MemoryQuerySet, UseQuerySet

LONGEST_TEXT = 2_000
DOMAIN = b"chenu.memory.v1\x00"


class Type(models.TextChoices):
    SHORT = "short_term", pgettext_lazy("memory", "Short term")
    MID = "mid_term", pgettext_lazy("memory", "Medium term")
    LONG = "long_term", pgettext_lazy("memory", "Long term")
    INSTITUTIONAL = "institutional", pgettext_lazy("memory", "Institutional")
    AGENT = "agent", pgettext_lazy("memory", "Of agents")


class Category(models.TextChoices):
    PREFERENCE = "preference", pgettext_lazy("memory", "Preference")
    INSTRUCTION = "instruction", pgettext_lazy("memory", "Instruction")
    FACT = "fact", pgettext_lazy("memory", "Fact")
    CONTEXT = "context", pgettext_lazy("memory", "Context")
    RULE = "rule", pgettext_lazy("memory", "Rule")


class Audience(models.TextChoices):
    EVERYBODY = "viewer", pgettext_lazy("memory", "Everybody in the identity")
    MEMBERS = "member", pgettext_lazy("memory", "Members and above")
    MANAGERS = "admin", pgettext_lazy("memory", "Owners and administrators")


class Sensitivity(models.TextChoices):
    PUBLIC = "public", pgettext_lazy("sensitivity", "Public")
    INTERNAL = "internal", pgettext_lazy("sensitivity", "Internal")
    CONFIDENTIAL = "confidential", pgettext_lazy("sensitivity", "Confidential")
    RESTRICTED = "restricted", pgettext_lazy("sensitivity", "Restricted")


DATASPACE = "dataspace"


def new_salt() -> str:
    return secrets.token_hex(16)


class MemoryItem(Scoped):
    """One thing that is remembered. The text stands here and nowhere else, so that it can be forgotten.

    `person_id` holds it, `approved_by` agreed to it. `place` is a thread or DataSpace (registered by its app),
    `session` the digest of the sign-in that a short-term one dies with, `for_agent` whom an agent's memory instructs
    ('' all). `agent`, `by_program` and `source_run` say where it came from. Once forgotten nothing of it is left but
    the row that says so.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("memory", "Proposed")
        ACTIVE = "active", pgettext_lazy("memory", "Active")
        PINNED = "pinned", pgettext_lazy("memory", "Pinned")
        ARCHIVED = "archived", pgettext_lazy("memory", "Archived")
        DELETED = "deleted", pgettext_lazy("memory", "Forgotten")

    type = models.CharField(max_length=13, choices=Type)
    category = models.CharField(max_length=11, choices=Category)
    status = models.CharField(max_length=8, choices=Status)
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    salt = models.CharField(max_length=32, blank=True, default=new_salt)
    sensitivity = models.CharField(max_length=12, choices=Sensitivity, default=Sensitivity.INTERNAL)
    person_id = models.UUIDField()
    audience = models.CharField(max_length=6, choices=Audience, default=Audience.EVERYBODY)
    place_kind = models.CharField(max_length=20, blank=True)
    place_id = models.UUIDField(null=True)
    sphere = models.CharField(max_length=13, blank=True)
    session = models.CharField(max_length=64, blank=True)
    for_agent = models.CharField(max_length=60, blank=True)
    agent = models.CharField(max_length=60, blank=True)
    by_program = models.BooleanField(default=False)
    source_run = models.UUIDField(null=True)
    checkpoint_id = models.UUIDField(null=True)
    approved_by = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = MemoryQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status="deleted", text="", salt="", deleted_at__isnull=False)
                | (~Q(status="deleted") & ~Q(text="") & ~Q(salt="")),
                name="memory_forgotten_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "deleted"]) | Q(approved_by__isnull=False),
                name="memory_kept_was_approved",
            ),
            models.CheckConstraint(
                condition=~Q(type__in=["long_term", "institutional"])
                | Q(status="deleted")
                | Q(place_kind="dataspace", place_id__isnull=False),
                name="memory_kept_in_a_dataspace",
            ),
            models.CheckConstraint(
                condition=~Q(type="mid_term") | Q(status="deleted") | Q(place_id__isnull=False),
                name="memory_mid_term_in_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(type="short_term") | Q(status="deleted") | (~Q(session="") & Q(expires_at__isnull=False)),
                name="memory_short_term_of_a_session",
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "status", "-id"], name="memory_by_status"),
            models.Index(fields=["identity", "type", "-id"], name="memory_by_type"),
            models.Index(fields=["identity", "category", "-id"], name="memory_by_category"),
            models.Index(fields=["identity", "sphere", "-id"], name="memory_by_sphere"),
            models.Index(fields=["identity", "place_id", "-id"], name="memory_by_place"),
            models.Index(
                fields=["identity", "-last_used_at"],
                condition=Q(status__in=["active", "pinned"]),
                name="memory_to_recall",
            ),
            models.Index(fields=["expires_at"], condition=~Q(status="deleted"), name="memory_overdue"),
            models.Index(
                fields=["session"], condition=Q(type="short_term") & ~Q(status="deleted"), name="memory_of_session"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def digest(self) -> str:
        """What an approval of it is bound to: the exact text and terms. Salted: it tells nothing once forgotten."""
        bound = {name: getattr(self, name) for name in BOUND}
        ends = self.expires_at.astimezone(UTC).isoformat() if self.expires_at else None
        return hashlib.sha256(DOMAIN + bytes.fromhex(self.salt) + canonical({**bound, "expires_at": ends})).hexdigest()

    @property
    def is_live(self) -> bool:
        return self.status in LIVE and not self.is_overdue()

    def is_overdue(self, moment: datetime | None = None) -> bool:
        return self.expires_at is not None and self.expires_at <= (moment or timezone.now())


BOUND = (
    "type", "category", "text", "sensitivity", "person_id", "audience", "place_kind", "place_id", "sphere", "for_agent",
)  # fmt: skip


class MemoryUse(Scoped):
    """A run was shown this, in the version it had then. `digest` proves which words, and says nothing of them."""

    append_only = True

    memory = ScopedKey(MemoryItem, models.PROTECT, related_name="uses")
    run_id = models.UUIDField()
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=now)

    objects = UseQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "memory", "-id"], name="memory_use_newest"),
            models.Index(fields=["identity", "run_id", "-id"], name="memory_use_of_run"),
        ]


__all__ = ["Audience", "Category", "MemoryItem", "MemoryUse", "Sensitivity", "Type"]
