"""Refused crossings, and the sign-ins of people, as rows (design 3.2, 3.9)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.access.querysets import ApiTokenQuerySet, SignInQuerySet
from governance.isolation.models import PersonOwned, Scoped
from governance.people.models import Identity, User


class RefusalBurst(PersonOwned):
    """The refusals of one person within a minute. What is beyond the limit stands in one entry of `chain`.

    `violation`: the row that shows them, in the identity of that chain. `told_at`: when the entry was written.
    """

    person = models.ForeignKey("governance.User", on_delete=models.CASCADE, related_name="+")
    chain = models.UUIDField()
    violation = models.UUIDField(null=True)
    began_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-began_at"], name="burst_of_person"),
            models.Index(fields=["began_at"], name="burst_by_time"),
        ]


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
    repeats = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "-id"], name="violation_newest"),
            models.Index(fields=["identity", "kind", "-id"], name="violation_by_kind"),
            models.Index(fields=["identity", "severity", "-id"], name="violation_by_severity"),
            models.Index(
                fields=["identity", "-id"], condition=models.Q(resolved_at__isnull=True), name="violation_open"
            ),
        ]


class SignIn(PersonOwned):
    """A door that is open for a person: a browser's session, or a program's pair of tokens.

    The session behind it decides whether it still holds; this row tells the person what it is and lets
    them end it.
    """

    class Kind(models.TextChoices):
        PAGE = "page", _("Browser")
        PROGRAM = "api", _("Program")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=4, choices=Kind)
    method = models.CharField(max_length=40)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SignInQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="sign_in_newest")]


class ApiToken(PersonOwned):
    """A key that a person gave to a program: for one identity, for some scopes, for some time.

    Only the digest of the token is kept; `prefix` is what the person recognises it by. `second_factor`: whoever
    made it had shown one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="api_token_newest")]

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
