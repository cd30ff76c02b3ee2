"""What staff leave behind: their looks into identities, and the ceiling they set (design 3.9)."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.isolation.models import Global, PersonOwned
from governance.people.models import Identity, User

SHORTEST_REASON, LONGEST_REASON = 20, 500


class BreakGlassQuerySet(models.QuerySet):
    """The looks of staff into identities."""

    def standing(self) -> Self:
        """Neither ended nor, as far as anybody has noted, over."""
        return self.filter(ended_at__isnull=True)

    def overdue(self, now: Any) -> Self:
        return self.standing().filter(ends_at__lte=now)

    def of_person(self, person_id: UUID) -> Self:
        return self.filter(person_id=person_id)

    def newest_first(self) -> Self:
        return self.order_by("-id")


class BreakGlass(PersonOwned):
    """One person of the staff looks into one identity, for a stated reason and half an hour. It goes with either."""

    class Ending(models.TextChoices):
        ENDED = "ended", _("ended by hand")
        EXPIRED = "expired", _("its time was over")
        WITHDRAWN = "withdrawn", _("the person left the staff")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=LONGEST_REASON)
    opened_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=9, choices=Ending, blank=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ended_at__isnull=True), name="glass_one_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(ended_at__isnull=True), name="glass_overdue"),
            models.Index(fields=["identity"], name="glass_of_identity"),
        ]

    @property
    def is_open(self) -> bool:
        """Does it still let its person look?"""
        return self.ended_at is None and self.ends_at > timezone.now()


class InstallationLimit(Global):
    """What staff set for the whole installation: one row. The SQL of holds reads it itself."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    monthly_usd_cap = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_limit_is_one_row"),
            models.CheckConstraint(condition=models.Q(monthly_usd_cap__gte=0), name="installation_cap_not_negative"),
        ]
