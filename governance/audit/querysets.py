"""Reads of the log."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from governance.isolation.querysets import ScopedQuerySet


class AuditEntryQuerySet(ScopedQuerySet):
    """Entries of the bound identity's chain."""

    def in_order(self) -> Self:
        return self.order_by("seq")

    def latest_first(self) -> Self:
        return self.order_by("-seq")

    def of_run(self, run_id: UUID) -> Self:
        return self.filter(run_id=run_id)
