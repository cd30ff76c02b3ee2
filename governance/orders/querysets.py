"""Reads of payment orders."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db.models import Count, Sum

from governance.isolation.querysets import ScopedQuerySet


class OrderQuerySet(ScopedQuerySet):
    """Payment orders of the bound identity."""

    def matching(
        self, state: str = "", currency: str = "", due_from: date | None = None, due_to: date | None = None
    ) -> Self:
        """Those that fit all that was asked; both days are included."""
        asked = {"status": state, "currency": currency, "due_date__gte": due_from, "due_date__lte": due_to}
        return self.filter(**{name: value for name, value in asked.items() if value})

    def sums(self) -> list[dict[str, Any]]:
        """`currency`, `amount_minor` and `number` of the orders, one row per currency."""
        rows = self.order_by().values("currency").annotate(total=Sum("amount_minor"), number=Count("id"))
        return list(rows.order_by("currency"))
