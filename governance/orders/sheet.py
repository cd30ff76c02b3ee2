"""Payment orders as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from governance.documents.sheet import as_csv, plain
from governance.orders.accounts import FIELDS
from governance.orders.addresses import ADDRESS
from governance.orders.currencies import typed_amount
from governance.orders.models import PaymentOrder

DELIMITER = ";"  # the comma stands in French amounts


def orders_csv(orders: Iterable[PaymentOrder]) -> str:
    """One line each: the amount as the reader writes it, and exactly, in minor units."""
    return as_csv([_head(), *(_line(order) for order in orders)], DELIMITER)


def _head() -> list[str]:
    return [
        _("Payee"),
        _("Amount"),
        _("Currency"),
        _("Minor units"),
        _("Due"),
        _("Reference"),
        "IBAN",
        "BIC",
        _("Institution"),
        _("Transit"),
        _("Account number"),
        _("Street"),
        _("House number"),
        _("Postcode"),
        _("Town"),
        _("Country"),
        pgettext("payment order", "State"),
        _("Ordered on"),
        _("Settled on"),
        _("Number"),
    ]


def _line(order: PaymentOrder) -> list[Any]:
    return [
        plain(order.payee),
        typed_amount(order.amount_minor, order.currency),
        order.currency,
        order.amount_minor,
        order.due_date or "",
        plain(order.reference),
        *(getattr(order, name) for name in FIELDS),
        *(plain(getattr(order, name)) for name in ADDRESS),
        order.get_status_display(),
        order.ordered_at.date() if order.ordered_at else "",
        order.settled_on or "",
        order.pk.hex,
    ]
