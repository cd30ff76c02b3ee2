"""What a person keeps: captures, DataSpaces, items and their versions (design 7.1, 7.2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Global, Scoped, ScopedKey
from spheres.facts import SphereSlug
from spheres.querysets import (
    TRASH_DAYS,
    CaptureQuerySet,
    DataSpaceQuerySet,
    ItemQuerySet,
    ItemVersionQuerySet,
    any_of,
)

LONGEST_CAPTURE = 500
LONGEST_TITLE = 200
LONGEST_CONTENT = 100_000


class Sphere(Global):
    """One of the nine: written by a migration, and a trigger refuses every change (design 1.3)."""

    slug = models.CharField(primary_key=True, max_length=13)
    order = models.PositiveSmallIntegerField(unique=True)
    name_fr = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.slug


class CaptureType(models.TextChoices):
    NOTE = "note", _("Note")
    TASK = "task", _("Task")
    IDEA = "idea", _("Idea")
    LINK = "link", _("Link")


class CaptureStatus(models.TextChoices):
    CAPTURED = "captured", _("To file")
    PROCESSING = "processing", _("Being read")
    ROUTED = "routed", pgettext_lazy("capture", "Filed")
    ARCHIVED = "archived", pgettext_lazy("capture", "Archived")


class Capture(Scoped):
    """A thought as it came, not filed yet; filing it keeps it and links what it became."""

    type = models.CharField(max_length=4, choices=CaptureType, default=CaptureType.NOTE)
    content = models.CharField(max_length=LONGEST_CAPTURE)
    sphere = models.CharField(max_length=13, choices=SphereSlug)
    status = models.CharField(max_length=10, choices=CaptureStatus, default=CaptureStatus.CAPTURED)
    routed_type = models.CharField(max_length=20, blank=True)
    routed_id = models.UUIDField(null=True)
    person = models.UUIDField()
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    objects = CaptureQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(condition=any_of("sphere", SphereSlug.values), name="capture_in_a_sphere"),
            models.CheckConstraint(condition=any_of("status", CaptureStatus.values), name="capture_known_status"),
            models.CheckConstraint(condition=~Q(content=""), name="capture_not_empty"),
        ]
        indexes = [models.Index(fields=["identity", "sphere", "status", "-id"], name="capture_by_sphere")]

    def __str__(self) -> str:
        return self.content

    @property
    def is_waiting(self) -> bool:
        return self.status in (CaptureStatus.CAPTURED, CaptureStatus.PROCESSING)


class DataSpaceType(models.TextChoices):
    PROJECT = "project", _("Project")
    PROPERTY = "property", _("Property")
    BUILDING = "building", _("Building")
    CLIENT = "client", _("Client")
    MEETING = "meeting", _("Meeting")
    DOCUMENT = "document", _("Document")
    CREATIVE_ASSET = "creative_asset", _("Creative asset")
    CONSTRUCTION_SITE = "construction_site", _("Construction site")
    ARCHITECTURAL_PLAN = "architectural_plan", _("Architectural plan")
    FINANCE_MODEL = "finance_model", _("Finance model")
    PERSONAL_LIFE = "personal_life", _("Personal life")
    CUSTOM = "custom", _("Other")


class DataSpaceStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    ARCHIVED = "archived", _("Archived")
    DELETED = "deleted", _("In the trash")


class Visibility(models.TextChoices):
    PRIVATE = "private", _("Private")


class DataSpace(Scoped):
    """A place for the items of one matter, in exactly one sphere."""

    type = models.CharField(max_length=18, choices=DataSpaceType, default=DataSpaceType.PROJECT)
    name = models.CharField(max_length=120)
    sphere = models.CharField(max_length=13, choices=SphereSlug)
    domain = models.CharField(max_length=24, blank=True)
    parent = ScopedKey("self", models.PROTECT, null=True)
    status = models.CharField(max_length=8, choices=DataSpaceStatus, default=DataSpaceStatus.ACTIVE)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    deleted_at = models.DateTimeField(null=True)

    objects = DataSpaceQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(condition=any_of("sphere", SphereSlug.values), name="dataspace_in_a_sphere"),
            models.CheckConstraint(condition=any_of("status", DataSpaceStatus.values), name="dataspace_known_status"),
            models.CheckConstraint(
                condition=Q(status="deleted") ^ Q(deleted_at__isnull=True), name="dataspace_deleted_when"
            ),
        ]
        indexes = [models.Index(fields=["identity", "sphere", "status", "-id"], name="dataspace_by_sphere")]

    def __str__(self) -> str:
        return self.name

    @property
    def restorable_until(self) -> datetime | None:
        return self.deleted_at + timedelta(days=TRASH_DAYS) if self.deleted_at else None


class ItemType(models.TextChoices):
    NOTE = "note", _("Note")
    TASK = "task", _("Task")
    LINK = "link", _("Link")
    DOCUMENT = "document", _("Document")
    REFERENCE = "reference", _("Reference")
    DECISION = "decision", _("Decision")


class Priority(models.TextChoices):
    LOW = "low", pgettext_lazy("priority", "Low")
    NORMAL = "normal", pgettext_lazy("priority", "Normal")
    HIGH = "high", pgettext_lazy("priority", "High")
    URGENT = "urgent", pgettext_lazy("priority", "Urgent")


class TaskStatus(models.TextChoices):
    PENDING = "pending", _("To do")
    IN_PROGRESS = "in_progress", _("In progress")
    BLOCKED = "blocked", _("Blocked")
    COMPLETE = "complete", _("Done")


class Item(Scoped):
    """A note, task, link, document, reference or decision, in one sphere; every save is a version.

    `priority`, `status`, `due_on`, `assignee` (a person's id) and `completed_at` are of tasks only.
    """

    type = models.CharField(max_length=9, choices=ItemType)
    title = models.CharField(max_length=LONGEST_TITLE)
    content = models.TextField(blank=True)
    sphere = models.CharField(max_length=13, choices=SphereSlug)
    dataspace = ScopedKey(DataSpace, models.PROTECT, null=True)
    version = models.PositiveIntegerField(default=1)
    priority = models.CharField(max_length=6, choices=Priority, blank=True)
    status = models.CharField(max_length=11, choices=TaskStatus, blank=True)
    due_on = models.DateField(null=True)
    assignee = models.UUIDField(null=True)
    completed_at = models.DateTimeField(null=True)
    origin = ScopedKey(Capture, models.PROTECT, null=True)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    deleted_at = models.DateTimeField(null=True)

    objects = ItemQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(condition=any_of("sphere", SphereSlug.values), name="item_in_a_sphere"),
            models.CheckConstraint(condition=any_of("type", ItemType.values), name="item_known_type"),
            models.CheckConstraint(
                condition=Q(type="task", status__in=TaskStatus.values, priority__in=Priority.values)
                | (~Q(type="task") & Q(status="", priority="", due_on=None, assignee=None, completed_at=None)),
                name="item_task_fields",
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "sphere", "-changed_at"], name="item_by_sphere"),
            models.Index(fields=["identity", "-changed_at"], name="item_by_change"),
            models.Index(fields=["identity", "dataspace", "-id"], name="item_by_dataspace"),
            models.Index(fields=["identity", "status", "due_on"], condition=Q(type="task"), name="item_tasks_due"),
            models.Index(
                fields=["identity", "-deleted_at"], condition=Q(deleted_at__isnull=False), name="item_in_trash"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_complete(self) -> bool:
        return self.status == TaskStatus.COMPLETE

    @property
    def restorable_until(self) -> datetime | None:
        return self.deleted_at + timedelta(days=TRASH_DAYS) if self.deleted_at else None


class ItemVersion(Scoped):
    """What an item said at one version, and who wrote it."""

    append_only = True

    item = ScopedKey(Item, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=LONGEST_TITLE)
    content = models.TextField(blank=True)
    at = models.DateTimeField(default=now)
    person = models.UUIDField()

    objects = ItemVersionQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "item", "version"], name="item_version_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"
