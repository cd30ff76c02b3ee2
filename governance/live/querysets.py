"""Reads of events."""

from __future__ import annotations

from typing import Self

from governance.isolation.querysets import ScopedQuerySet

MOST_REPLAYED = 1000


class EventQuerySet(ScopedQuerySet):
    """News of the bound identity."""

    def after(self, seq: int) -> Self:
        """What follows `seq`, oldest first."""
        return self.filter(seq__gt=seq).order_by("seq")
