"""`/api/v2/governance/statements/`: the same figures for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import query
from governance.isolation.context import current
from governance.ledger.amounts import usd_text
from governance.ledger.statement import Line, statement_of, this_month
from governance.ledger.statement_views import month_of
from governance.people.policies import MANAGERS
from governance.registry.actions import Params


class StatementFilter(Params):
    """By default this month, and everybody's for owners and administrators."""

    month: str | None = Field(default=None, pattern=r"^20\d\d-(0[1-9]|1[0-2])$")
    member: UUID | None = None


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


class StatementView(APIView):
    @extend_schema(parameters=[StatementFilter], responses=StatementOut, operation_id="governance_statement")
    def get(self, request: Request) -> Response:
        """What one month has cost, by sphere, agent, model, member and thread."""
        asked = query(request, StatementFilter)
        month = month_of(asked.month) if asked.month else this_month()
        member = asked.member or (None if current().role in MANAGERS else current().person_id)
        found = statement_of(month, member)
        parts = [PartOut(by=part.code, lines=[line_out(line) for line in part.lines]) for part in found.parts]
        told = StatementOut(month=f"{month:%Y-%m}", member=member, total=line_out(found.total), parts=parts)
        return Response(told.model_dump(mode="json"))
