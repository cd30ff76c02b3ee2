"""Who may approve for somebody else, what, up to how much and until when (design 3.4)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from governance.delegations.querysets import DelegationQuerySet
from governance.isolation.models import Scoped


class Delegation(Scoped):
    """“Until Friday, Bob approves for me, up to 50 $.” Never deleted: votes name the one they were cast under.

    `covers`: kinds of questions or names of actions, all when empty; `checkpoint_id`: one question only.
    """

    from_person_id = models.UUIDField()
    from_name = models.CharField(max_length=80)
    to_person_id = models.UUIDField()
    to_name = models.CharField(max_length=80)
    covers = models.JSONField(default=list)
    checkpoint_id = models.UUIDField(null=True)
    ceiling_pico_usd = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("starts_at")), name="delegation_has_an_end"),
            models.CheckConstraint(
                condition=~models.Q(from_person_id=models.F("to_person_id")), name="delegation_to_another"
            ),
            models.CheckConstraint(condition=models.Q(ceiling_pico_usd__gte=0), name="delegation_ceiling_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["identity", "to_person_id", "until"],
                condition=models.Q(revoked_at__isnull=True),
                name="delegation_to",
            ),
            models.Index(
                fields=["identity", "from_person_id", "until"],
                condition=models.Q(revoked_at__isnull=True),
                name="delegation_from",
            ),
        ]

    def is_live(self, now: datetime | None = None) -> bool:
        """Neither revoked nor over; it may begin later."""
        return self.revoked_at is None and self.until > (now or timezone.now())
