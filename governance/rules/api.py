"""`/api/v2/governance/laws/` (design 6.2)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import query
from governance.registry.actions import NoParameters
from governance.rules.laws import LAWS, PRINCIPLES, Law


class LawOut(BaseModel):
    """`title`, `text` and `principle` in the reader's language; `blocks`: it refuses rather than warns."""

    code: str
    title: str
    text: str
    principle: str
    principle_code: str
    blocks: bool
    checks: list[str]


class LawList(BaseModel):
    results: list[LawOut]
    next: None = None
    previous: None = None


class LawsView(APIView):
    @extend_schema(responses=LawList, operation_id="governance_laws")
    def get(self, request: Request) -> Response:
        query(request, NoParameters)
        return Response({"results": [law_out(law) for law in LAWS], "next": None, "previous": None})


def law_out(law: Law) -> dict[str, Any]:
    return LawOut(
        code=law.code,
        title=str(law.title),
        text=str(law.says),
        principle=str(PRINCIPLES[law.principle]),
        principle_code=law.principle.value,
        blocks=law.blocks,
        checks=list(law.checks),
    ).model_dump(mode="json")
