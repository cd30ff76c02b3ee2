"""The isolation matrix of payment orders and of documents."""

from __future__ import annotations

from tests.isolation.case import Case
from tests.isolation.cases_governance import an_opened_budget

CASES = [
    Case("statement-pdf", ("POST",), make=an_opened_budget, whole=True),
]
