"""Refused crossings, as rows (design 3.2)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.isolation.models import Scoped


class Violation(Scoped):
    """An attempt to reach across identities, kept in the requester's own identity: it names no target."""

    class Kind(models.TextChoices):
        CROSS_IDENTITY = "cross_identity_access", _("Access to another identity")
        MISSING = "missing_identity", _("Missing identity")
        INVALID = "invalid_identity", _("Invalid identity")
        SPOOFED = "spoofed_identity", _("Claimed identity")
        SCOPE = "scope_violation", _("Out of scope")

    class Severity(models.TextChoices):
        WARNING = "warning", _("Warning")
        ERROR = "error", _("Error")

    kind = models.CharField(max_length=21, choices=Kind)
    person_id = models.UUIDField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    resource = models.CharField(max_length=60, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=7, choices=Severity, default=Severity.WARNING)
    resolved_by_id = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "-id"], name="violation_newest")]
