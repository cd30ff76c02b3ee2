"""Reads of jobs."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Now


class JobQuerySet(models.QuerySet):
    """Jobs of the installation; machinery, never shown to an identity without a filter."""

    def waiting_for(self, identity_id: UUID) -> Self:
        """Due jobs of one identity that nobody has taken yet."""
        return self.filter(identity_id=identity_id, state="pending", run_at__lte=Now())
