"""Template filters of payments: sums in any currency, account numbers, days as they stand in previews."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from babel.dates import format_date
from django import template

from governance.orders.accounts import spaced
from governance.orders.addresses import ADDRESS, address_lines
from governance.orders.currencies import amount_text, in_french

register = template.Library()


@register.filter
def money(minor: int, currency: str) -> str:
    """Minor units as the reader reads them: “1 284,30 EUR”."""
    return amount_text(minor, currency)


@register.filter
def iban(number: str) -> str:
    """In groups of four."""
    return spaced(number)


@register.filter
def postal(preview: dict[str, Any]) -> str:
    """The address in a preview, in one line."""
    return ", ".join(address_lines(SimpleNamespace(**{name: preview.get(name, "") for name in ADDRESS})))


@register.filter
def iso_day(text: str) -> str:
    """“2026-11-20” as people write it; anything else as it is."""
    try:
        return str(format_date(date.fromisoformat(text), "long", locale="fr_CA" if in_french() else "en_CA"))
    except ValueError:
        return text
