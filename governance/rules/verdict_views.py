"""`/verdicts/<id>/` and `/api/v2/governance/verdicts/…`: why the gate said what it said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import query, refuse_spoofed_identity
from governance.access.showing import names_of, show
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import NoParameters
from governance.rules.explaining import explained, replayed
from governance.rules.models import Verdict


class VerdictOut(BaseModel):
    """`document`: every rule that was asked, the values it read, the nearest change that would turn it, the facts.
    `consented`: it belongs to the carrying out of what was asked and agreed to before."""

    id: UUID
    action: str
    decision: str
    rule_set: str
    person_id: UUID
    run_id: UUID | None
    consented: bool
    at: datetime
    document: dict[str, Any]


class ReplayOut(BaseModel):
    """`same`: the same bytes came out; the digests are SHA-256 of the canonical document. `lacking`: what is not at
    hand any more, so that nothing could be said again."""

    same: bool
    recorded: str
    replayed: str
    lacking: list[str]


def look(verdict: UUID) -> Verdict:
    """The verdict of the address, inside a transaction; who only looks on sees no values (design 3.1)."""
    row: Verdict = find(Verdict.objects, verdict)
    if not may_write(current()):
        raise NotAllowed()
    return row


@require_safe
def verdict_page(request: HttpRequest, verdict: UUID) -> HttpResponse:
    """Every rule, what it read, and whether the same comes out when it is said again."""
    with reading():
        row = look(verdict)
        context = {
            "told": explained(row),
            "replay": replayed(row),
            "who": names_of([row.person_id]).get(row.person_id, ""),
        }
    return show(request, "rules/verdict.html", context)


class VerdictView(APIView):
    @extend_schema(responses=VerdictOut, operation_id="verdict")
    def get(self, request: Request, verdict: UUID) -> Response:
        with reading():
            row = look(verdict)
        query(request, NoParameters)
        shown = VerdictOut(**{name: getattr(row, name) for name in VerdictOut.model_fields})
        return Response(shown.model_dump(mode="json"))


class ReplayView(APIView):
    @extend_schema(request=None, responses=ReplayOut, operation_id="verdict_replay")
    def post(self, request: Request, verdict: UUID) -> Response:
        """Says it again from the recorded facts and the rule versions it names; changes nothing."""
        with reading():
            row = look(verdict)
            refuse_spoofed_identity(request)
            found = replayed(row)
        return Response(
            ReplayOut(
                same=found.same, recorded=found.recorded, replayed=found.replayed, lacking=list(found.lacking)
            ).model_dump(mode="json")
        )
