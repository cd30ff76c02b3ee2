"""`/api/v2/governance/laws/` (design 6.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import act, query
from governance.laws.actions import ASK
from governance.laws.looking import Look, last_looks
from governance.registry.actions import NoParameters
from governance.rules.laws import LAWS, PRINCIPLES, Law


class LawCheckOut(BaseModel):
    """`state`: holds, broken or untold (never looked, or not lately); `since` when it is so; of no identity."""

    key: str
    title: str
    state: str
    says: str
    checked_at: datetime | None
    since: datetime | None
    duration_us: int | None


class LawOut(BaseModel):
    """`title`, `text` and `principle` in the reader's language; `blocks`: it refuses rather than warns; `checks`: what
    looks whether it is kept, and what that found; `guards`: the names of what enforces it, in the code."""

    code: str
    title: str
    text: str
    principle: str
    principle_code: str
    blocks: bool
    checks: list[LawCheckOut]
    guards: list[str]


class LawList(BaseModel):
    results: list[LawOut]
    next: None = None
    previous: None = None


class LawsView(APIView):
    @extend_schema(responses=LawList, operation_id="governance_laws")
    def get(self, request: Request) -> Response:
        query(request, NoParameters)
        kept = last_looks()
        return Response({"results": [law_out(law, kept[law.code]) for law in LAWS], "next": None, "previous": None})

    @extend_schema(request=None, responses={202: None}, operation_id="governance_laws_check")
    def post(self, request: Request) -> Response:
        """Has everything looked at now, in the background; once a minute at most."""
        return act(request, ASK, request.data, lambda _: {}, 202)


def check_out(look: Look) -> LawCheckOut:
    row = look.row
    return LawCheckOut(
        key=look.key,
        title=look.title,
        state=look.state,
        says=look.says,
        checked_at=row.at if row else None,
        since=row.since if row else None,
        duration_us=row.duration_us if row else None,
    )


def law_out(law: Law, looks: list[Look]) -> dict[str, Any]:
    return LawOut(
        code=law.code,
        title=str(law.title),
        text=str(law.says),
        principle=str(PRINCIPLES[law.principle]),
        principle_code=law.principle.value,
        blocks=law.blocks,
        checks=[check_out(look) for look in looks],
        guards=list(law.checks),
    ).model_dump(mode="json")
