"""People, their sealed identities, and who belongs to which (design 3.1)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.isolation.models import PersonOwned, TableKind
from governance.people.querysets import MembershipQuerySet

MOST_IDENTITIES_PER_PERSON = 10


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


class UserManager(BaseUserManager):
    """Accounts are made by the action `governance.person.register`, staff by `governance.staff.grant`."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str, **fields: Any) -> Any:
        """A person of the staff. There is nothing above staff: the flag of superusers opens nothing here."""
        from governance.isolation.context import bind
        from governance.people.registration import register_person
        from governance.perform import perform
        from governance.staff.contexts import machine_context

        user = register_person(email=email, password=password, display_name=email.split("@")[0], channel="system")
        with bind(machine_context()):
            perform("governance.staff.grant", {"person": user.pk})
        user.refresh_from_db()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """The person who signs in; owns nothing but identities."""

    table_kind = TableKind.PERSON

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")
        CONTRAST = "contrast", _("High contrast")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    display_name = models.CharField(_("name"), max_length=80)
    language = models.CharField(
        _("language"), max_length=2, choices=[("fr", "Français"), ("en", "English")], default="fr"
    )
    timezone = models.CharField(_("time zone"), max_length=40, default="America/Toronto")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.AUTO)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.email


class Identity(PersonOwned):
    """The owner of every row and the unit of isolation."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", _("Personal")
        ENTERPRISE = "enterprise", _("Enterprise")
        CREATIVE = "creative", _("Creative")
        DESIGN = "design", _("Design")
        ARCHITECTURE = "architecture", _("Architecture")
        CONSTRUCTION = "construction", _("Construction")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        ARCHIVED = "archived", _("Archived")

    class Region(models.TextChoices):
        QUEBEC = "CA-QC", _("Québec")
        FRANCE = "FR", _("France")
        OTHER = "ZZ", _("Elsewhere")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="owned_identities")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    region = models.CharField(_("region"), max_length=5, choices=Region, default=Region.QUEBEC)
    currency = models.CharField(_("currency"), max_length=3, default="CAD")
    is_default = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    second_factor_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "name"], name="identity_once_per_owner"),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(is_default=True), name="identity_one_default_per_owner"
            ),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(kind="personal"), name="identity_one_personal_per_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(PersonOwned):
    """A person's place in an identity. A personal identity has exactly one member."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role)
    created_at = models.DateTimeField(default=now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "identity"], name="membership_once")]
