"""`/api/v2/governance/statements/`: the same figures for programs."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import query, refuse_spoofed_identity, validated
from governance.isolation.context import current
from governance.ledger.amounts import usd_text
from governance.ledger.statement import Line, statement_of, this_month
from governance.ledger.statement_views import as_file, downloaded, month_of
from governance.people.policies import MANAGERS
from governance.registry.actions import Params


class StatementFilter(Params):
    """By default this month, and everybody's for owners and administrators."""

    month: str | None = Field(default=None, pattern=r"^20\d\d-(0[1-9]|1[0-2])$")
    member: UUID | None = None


class StatementFile(StatementFilter):
    """The statement as a file; that it left is put on record."""

    format: Literal["csv", "pdf"]


class LineOut(BaseModel):
    """`key` is empty for what cannot be attributed, and for the rest of a long list."""

    key: str
    name: str
    calls: int
    tokens: int
    pico_usd: int
    amount: str


class PartOut(BaseModel):
    by: str
    lines: list[LineOut]


class StatementOut(BaseModel):
    month: str
    member: UUID | None
    total: LineOut
    parts: list[PartOut]


def line_out(line: Line) -> LineOut:
    same = {name: getattr(line, name) for name in ("key", "name", "calls", "tokens", "pico_usd")}
    return LineOut(**same, amount=usd_text(line.pico_usd))


def meant(asked: StatementFilter) -> tuple[date, UUID | None]:
    month = month_of(asked.month) if asked.month else this_month()
    return month, asked.member or (None if current().role in MANAGERS else current().person_id)


class StatementView(APIView):
    @extend_schema(parameters=[StatementFilter], responses=StatementOut, operation_id="governance_statement")
    def get(self, request: Request) -> Response:
        """What one month has cost, by sphere, agent, model, member and thread."""
        asked = query(request, StatementFilter)
        month, member = meant(asked)
        found = statement_of(month, member)
        parts = [PartOut(by=part.code, lines=[line_out(line) for line in part.lines]) for part in found.parts]
        told = StatementOut(month=f"{month:%Y-%m}", member=member, total=line_out(found.total), parts=parts)
        return Response(told.model_dump(mode="json"))

    @extend_schema(
        request=StatementFile,
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, "application/pdf"): OpenApiTypes.BINARY},
        operation_id="governance_statement_file",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """The same figures as CSV or PDF."""
        refuse_spoofed_identity(request)
        asked = validated(StatementFile, request.data)
        return as_file(downloaded(*meant(asked)), asked.format)
