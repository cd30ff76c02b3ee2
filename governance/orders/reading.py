"""What the pages of payment orders show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.access.showing import newest_page
from governance.orders.currencies import amount_text
from governance.orders.models import PaymentOrder

PAGE = 25
Status = PaymentOrder.Status
OPEN = (Status.DRAFT, Status.AWAITING, Status.ORDERED)
TONES: dict[str, str] = {
    Status.DRAFT: "off",
    Status.AWAITING: "wait",
    Status.ORDERED: "live",
    Status.SETTLED: "ok",
    Status.CANCELLED: "off",
}
DUE = {"late": _("Overdue"), "week": _("Within a week"), "month": _("Within a month")}


@dataclass(frozen=True, slots=True)
class Asked:
    """How the list is narrowed; what means nothing narrows nothing."""

    state: str
    currency: str
    due: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        state, currency, due = given.get("state", ""), given.get("currency", ""), given.get("due", "")
        known = len(currency) == 3 and currency.isascii() and currency.isupper()
        return cls(state if state in Status.values else "", currency if known else "", due if due in DUE else "")

    def rows(self, today: date) -> Any:
        """The orders that fit; what is due soon or overdue is what is still open."""
        if not self.due:
            return PaymentOrder.objects.matching(self.state, self.currency)
        days = {"late": (None, -1), "week": (0, 7), "month": (0, 31)}[self.due]
        first, last = (None if each is None else today + timedelta(days=each) for each in days)
        rows = PaymentOrder.objects.matching(self.state, self.currency, first, last)
        return rows if self.state else rows.filter(status__in=OPEN)


@dataclass(frozen=True, slots=True)
class Line:
    row: PaymentOrder
    amount: str
    tone: str
    late: bool


def line(row: PaymentOrder, today: date) -> Line:
    late = row.status in OPEN and row.due_date is not None and row.due_date < today
    return Line(row, amount_text(row.amount_minor, row.currency), TONES[row.status], late)


def order_list(request: HttpRequest) -> dict[str, Any]:
    """One page of orders and the sums of all that fit, inside a transaction."""
    today, asked = timezone.localdate(), Asked.of(request.GET)
    rows = asked.rows(today)
    found, more = newest_page(request, rows, PAGE)
    counted = rows if asked.state else rows.exclude(status=Status.CANCELLED)
    sums = [(amount_text(one["total"], one["currency"]), one["number"]) for one in counted.sums()]
    narrowed = {"state": asked.state, "currency": asked.currency, "due": asked.due}
    return {
        "lines": [line(row, today) for row in found],
        "more": urlencode({**narrowed, "before": more}) if more else "",
        "sums": sums,
        "asked": asked,
        "narrowed": any(narrowed.values()),
        "states": Status.choices,
        "dues": DUE.items(),
        "currencies": list(PaymentOrder.objects.order_by("currency").values_list("currency", flat=True).distinct()),
    }
