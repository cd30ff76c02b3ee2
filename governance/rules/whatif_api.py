"""`/api/v2/governance/rules/simulate/…`: what recorded verdicts would have been under other rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_manage
from governance.registry.actions import NoParameters, Params
from governance.rules.models import WhatIf, WhatIfChange
from governance.rules.whatif import START, StartWhatIf

LIST = [OpenApiParameter(name, str) for name in ("cursor", "limit")]


class FoundOut(BaseModel):
    """`looked`: verdicts looked at; `untold`: of how many nobody can say; `counts` by kind of change; `weeks`: the same
    by Monday; `people`: how many questions each would have been asked; `cost_pico_usd`: expected cost of what would
    have been refused or asked."""

    looked: int
    untold: int
    counts: dict[str, int]
    weeks: list[dict[str, int | str]]
    people: dict[str, int]
    cost_pico_usd: dict[str, str]


class WhatIfOut(BaseModel):
    """`state`: waiting, running, done or failed; `found` once it is done."""

    id: UUID
    rule_id: UUID | None
    days: int
    state: str
    done: int
    total: int
    found: FoundOut | None
    created_at: datetime
    ended_at: datetime | None


class ChangeOut(BaseModel):
    """`change`: blocked, asked, allowed or otherwise (asked at another level, or of more people)."""

    id: UUID
    verdict_id: UUID
    change: str
    before: str
    after: str


class ChangePage(BaseModel):
    results: list[ChangeOut]
    next: str | None
    previous: str | None


class ChangeQuery(Params):
    change: WhatIfChange.Change | None = None


CHANGES = [OpenApiParameter("change", str, enum=list(WhatIfChange.Change.values))]


def look(whatif: UUID) -> WhatIf:
    """What the address names; it tells of other people's acts, so it is for those who manage."""
    with reading():
        row: WhatIf = find(WhatIf.objects, whatif)
    if not may_manage(current()):
        raise NotAllowed()
    return row


def whatif_out(row: WhatIf) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in WhatIfOut.model_fields if name not in {"id", "found"}}
    found = FoundOut(**row.found) if row.found else None
    return WhatIfOut(**known, id=row.pk, found=found).model_dump(mode="json")


class SimulateView(APIView):
    @extend_schema(request=StartWhatIf, responses={202: WhatIfOut}, operation_id="rules_simulate")
    def post(self, request: Request) -> Response:
        """Tries a draft, or the rules as they are, on the verdicts of the last `days`; worked out in the background."""
        return act(request, START, request.data, whatif_out, 202)


class SimulationView(APIView):
    @extend_schema(responses=WhatIfOut, operation_id="rules_simulation")
    def get(self, request: Request, whatif: UUID) -> Response:
        row = look(whatif)
        query(request, NoParameters)
        return Response(whatif_out(row))


class ChangesView(APIView):
    @extend_schema(parameters=[*CHANGES, *LIST], responses=ChangePage, filters=False, operation_id="rules_changes")
    def get(self, request: Request, whatif: UUID) -> Response:
        """Each verdict that would have been another."""
        look(whatif)
        asked = query(request, ChangeQuery)
        rows = WhatIfChange.objects.filter(whatif_id=whatif)
        return KeysetPages.flat(request, rows.filter(change=asked.change) if asked.change else rows, ChangeOut)
