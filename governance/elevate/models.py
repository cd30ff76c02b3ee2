"""Elevations: a wider scope for a while, asked for and allowed before it is used (design 3.8)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.checkpoints.models import Checkpoint
from governance.isolation.models import Scoped, ScopedKey


class Elevation(Scoped):
    """One right for a while: in what it does for one person, in one sphere, an agent need not ask each time.

    It bears the id of the question it began with, and follows it. Never deleted. Its time begins when it is put in
    force; whether it still counts is asked at each act (applying.py).
    """

    class Kind(models.TextChoices):
        SENSITIVE = "sensitive_data", _("Restricted and top secret data")
        SPHERE = "cross_sphere", _("Writing into another sphere")

    class State(models.TextChoices):
        REQUESTED = "requested", _("Waits for approval")
        IN_FORCE = "in_force", pgettext_lazy("elevation", "In force")
        DENIED = "denied", pgettext_lazy("elevation", "Refused")
        LAPSED = "lapsed", pgettext_lazy("elevation", "Came to nothing")
        ENDED = "ended", pgettext_lazy("elevation", "Ended")

    kind = models.CharField(max_length=14, choices=Kind)
    sphere = models.CharField(max_length=13)
    target_sphere = models.CharField(max_length=13, blank=True)
    agent = models.CharField(max_length=60)
    person_id = models.UUIDField()
    reason = models.CharField(max_length=500)
    hours = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    checkpoint = ScopedKey(Checkpoint, models.PROTECT)
    requested_at = models.DateTimeField()
    begins_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cross_sphere", target_sphere__gt="") | Q(kind="sensitive_data", target_sphere=""),
                name="elevation_says_where_to",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(begins_at__isnull=False, expires_at__isnull=False),
                name="elevation_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "-id"], name="elevation_newest"),
            models.Index(
                fields=["identity", "person_id", "agent", "sphere"],
                condition=Q(state="in_force"),
                name="elevation_in_force",
            ),
        ]

    def is_live(self, now: datetime | None = None) -> bool:
        """Is it in force, and its time not over?"""
        ends = self.expires_at
        return self.state == self.State.IN_FORCE and ends is not None and ends > (now or timezone.now())
