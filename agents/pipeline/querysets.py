"""Reads of runs."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from governance.isolation.querysets import ScopedQuerySet

ACTIVE = ("pending", "running", "approved", "awaiting_approval", "needs_clarification")


class RunQuerySet(ScopedQuerySet):
    """Runs of the bound identity."""

    def active(self) -> Self:
        """Not over: under way, or waiting for a person."""
        return self.filter(status__in=ACTIVE)

    def of_thread(self, thread_id: UUID) -> Self:
        return self.filter(thread_id=thread_id)
