"""An order, or several, as one file: for people (CSV, PDF) or for a bank (XML)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from governance.isolation.context import reading
from governance.orders.advice import orders_pdf
from governance.orders.exporting import EXPORT, FILE
from governance.orders.pain import pain_001
from governance.orders.sheet import orders_csv
from governance.perform import perform

BANK = "pain"
FORMS = ("csv", "pdf", BANK)
TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf", BANK: "application/xml; charset=utf-8"}


def orders_file(orders: list[UUID], form: str, *, again: bool = False) -> HttpResponse:
    """The answer with the file, once it is on record. Raises Conflict for what cannot stand in a file for a bank."""
    if form == BANK:
        message = perform(FILE, {"orders": orders, "again": again})
        return _answer(pain_001(message), form, f"chenu-{message.message_id}.xml")
    rows: list[Any] = perform(EXPORT, {"orders": orders, "form": form})
    with reading():
        content = orders_csv(rows).encode() if form == "csv" else orders_pdf(rows)
    return _answer(content, form, f"chenu-{rows[0].pk.hex if len(rows) == 1 else len(rows)}.{form}")


def _answer(content: bytes, form: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
