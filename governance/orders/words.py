"""A payment in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format


def amount_in_words(preview: Mapping[str, Any]) -> str:
    """“1,284.30 CAD” as the reader writes it; from whole minor units, never through a float."""
    units = Decimal(preview["amount_minor"]).scaleb(-2)
    return f"{number_format(units, 2, force_grouping=True)} {preview['currency']}".replace(" ", "\N{NO-BREAK SPACE}")
