"""Invitations: how a person becomes a member of an identity that is not personal (design 3.1)."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from governance.isolation.models import PersonOwned
from governance.members.querysets import InvitationQuerySet
from governance.people.models import Identity, Role, User


class Invitation(PersonOwned):
    """One address, one role, one use. The secret itself is in the e-mail only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    role = models.CharField(max_length=6, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    days = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "email"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            )
        ]
        indexes = [
            models.Index(fields=["identity", "-id"], name="invitation_newest"),
            models.Index(fields=["identity", "sent_at"], name="invitation_sent"),
        ]

    @property
    def is_live(self) -> bool:
        """Does it still open a door?"""
        return (
            self.accepted_at is None
            and self.revoked_at is None
            and self.expires_at > now()
            and self.identity.status == Identity.Status.ACTIVE
        )
