"""Tables as files for spreadsheets: UTF-8 with the mark they know it by, and no cell that becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "\ufeff"


def as_csv(rows: Iterable[Sequence[Any]], delimiter: str = ",") -> str:
    """`rows` as text. What people have typed goes through `plain` first."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return MARK + file.getvalue()


def plain(text: str) -> str:
    """A text that a spreadsheet takes for a text."""
    return f"'{text}" if text.startswith(FORMULA) else text
