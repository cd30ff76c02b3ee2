"""Reads of rules and verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Q

from governance.isolation.querysets import ScopedQuerySet


class RuleQuerySet(ScopedQuerySet):
    """The identity's own rules."""

    def standing(self) -> Self:
        """All but the removed ones, in the order in which they are asked."""
        return self.filter(removed_at__isnull=True).order_by("-enabled", "-priority", "name")


class VerdictQuerySet(ScopedQuerySet):
    """What the gate said."""

    def first_said(self, since: datetime, until: datetime) -> Self:
        """One per act of a time: what was carried out after an approval was asked before."""
        return self.filter(at__gte=since, at__lt=until, consented=False)

    def after(self, at: datetime, pk: UUID) -> Self:
        """The rest of the walk in the order of time."""
        return self.filter(Q(at=at, pk__gt=pk) | Q(at__gt=at), at__gte=at)


class ChangeQuerySet(ScopedQuerySet):
    """What would have been otherwise."""
