"""Reads of checkpoints."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from governance.isolation.querysets import ScopedQuerySet


class CheckpointQuerySet(ScopedQuerySet):
    """Checkpoints of the bound identity."""

    def waiting(self) -> Self:
        """Those a person must still decide, the one that expires first on top."""
        return self.filter(status="pending").order_by("expires_at", "id")

    def of_run(self, run_id: UUID) -> Self:
        return self.filter(run_id=run_id)
