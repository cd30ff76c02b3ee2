"""Kill switches: what is stopped, since when, by whom, until somebody lifts it (design 4.4)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from governance.isolation.models import Global, Scoped


class Kill(Scoped):
    """Nothing of the scope runs while `lifted_at` is empty. `ref`: which one of the scope; '' for the identity."""

    class Scope(models.TextChoices):
        IDENTITY = "identity", pgettext_lazy("kill switch", "Everything in this identity")
        SPHERE = "sphere", _("A sphere")
        THREAD = "thread", _("A thread")
        AGENT = "agent", _("An agent")
        PROVIDER = "provider", _("A provider")

    scope = models.CharField(max_length=8, choices=Scope)
    ref = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    stopped = models.PositiveIntegerField(default=0)
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    lifted_by_id = models.UUIDField(null=True)
    lifted_by_name = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "-id"], name="kill_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "scope", "ref"], condition=Q(lifted_at__isnull=True), name="kill_once"
            ),
            models.CheckConstraint(
                condition=Q(scope="identity", ref="") | ~Q(scope="identity") & ~Q(ref=""), name="kill_names_its_scope"
            ),
        ]


class InstallationStop(Global):
    """What staff have stopped for everybody: it holds in every identity while `lifted_at` is empty.

    `ref`: which one of the scope; '' for everything. `stopped`: how much was under way, counted as it is ended;
    `followed_at`: when all of it had been; `told_at`: when everybody had been told of its last turn.
    """

    class Scope(models.TextChoices):
        ALL = "all", pgettext_lazy("kill switch", "Everything in this installation")
        PROVIDER = "provider", _("A provider")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=8, choices=Scope)
    ref = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500)
    stopped = models.PositiveIntegerField(default=0)
    by_id = models.UUIDField()
    at = models.DateTimeField()
    followed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    lifted_by_id = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "ref"], condition=Q(lifted_at__isnull=True), name="installation_stop_once"
            ),
            models.CheckConstraint(
                condition=Q(scope="all", ref="") | ~Q(scope="all") & ~Q(ref=""),
                name="installation_stop_names_one",
            ),
        ]
