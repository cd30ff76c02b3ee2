"""Reads of delegations."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from governance.isolation.querysets import ScopedQuerySet


class DelegationQuerySet(ScopedQuerySet):
    """Delegations of the bound identity."""

    def live(self, now: datetime) -> Self:
        """Neither revoked nor over; some may begin later."""
        return self.filter(revoked_at__isnull=True, until__gt=now)

    def usable_by(self, person_id: UUID, now: datetime) -> Self:
        """Those under which a person may vote now, the one that ends first on top."""
        return self.live(now).filter(to_person_id=person_id, starts_at__lte=now).order_by("until", "id")
