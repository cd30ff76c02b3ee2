"""Reads of prices. They are only ever added, so the ways to change many at once are shut."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from django.db import models


class AppendOnlyQuerySet(models.QuerySet):
    """Rows that are never changed nor removed (the database refuses it, too)."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise RuntimeError("these rows are only added to")

    def delete(self) -> NoReturn:
        raise RuntimeError("these rows are only added to")


class PriceQuerySet(AppendOnlyQuerySet):
    def in_order(self) -> Self:
        """By model, the first to begin first; of two that begin at once the one made later counts."""
        return self.order_by("model_id", "valid_from", "id")
