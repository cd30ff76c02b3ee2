"""What is granted to an identity as a whole (design 3.1)."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils.timezone import now

from governance.isolation.models import Scoped
from governance.isolation.querysets import ScopedQuerySet


class IdentityPermissionQuerySet(ScopedQuerySet):
    """Grants of the bound identity."""

    def in_force(self) -> Self:
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now())).order_by("key")


class IdentityPermission(Scoped):
    """Something granted to the identity as a whole. No action asks for one yet: roles decide."""

    key = models.CharField(max_length=100)
    value = models.JSONField(default=dict)
    granted_by_id = models.UUIDField(null=True)
    granted_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)

    objects: Any = IdentityPermissionQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "key"], name="permission_once")]
