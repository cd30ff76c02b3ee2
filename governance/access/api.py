"""`/api/v2/governance/violations/…`: refused crossings of the bound identity, and settling them."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.models import Violation
from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.access.settling import RESOLVE, may_resolve
from governance.access.shapes import ViolationOut, ViolationPage, violation_out
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_manage
from governance.registry.actions import Params


class ViolationFilter(Params):
    """`settled`: only those somebody has settled, or only those nobody has."""

    kind: Violation.Kind | None = None
    severity: Violation.Severity | None = None
    settled: bool | None = None


class Note(Params):
    """What was found out, or done about it."""

    note: str = Field(min_length=1, max_length=500)


def shown(row: Violation) -> dict[str, object]:
    return violation_out(row, in_full=may_manage(current()))


class ViolationsView(APIView):
    @extend_schema(parameters=[ViolationFilter], responses=ViolationPage, operation_id="governance_violations")
    def get(self, request: Request) -> Response:
        asked = query(request, ViolationFilter)
        rows = Violation.objects.filter(**asked.model_dump(include={"kind", "severity"}, exclude_none=True))
        rows = rows if asked.settled is None else rows.filter(resolved_at__isnull=not asked.settled)
        return KeysetPages.answer(request, rows, shown)


class ViolationView(APIView):
    @extend_schema(responses=ViolationOut, operation_id="governance_violation")
    def get(self, request: Request, violation: UUID) -> Response:
        with reading():
            return Response(shown(find(Violation.objects, violation)))


class ResolveViolationView(APIView):
    @extend_schema(request=Note, responses=ViolationOut, operation_id="governance_violation_resolve")
    def post(self, request: Request, violation: UUID) -> Response:
        """Says what was found out; once. The attempt itself stays on record as it was."""
        with reading():
            find(Violation.objects, violation)
        if not may_resolve(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        refuse_spoofed_identity(request)
        note = validated(Note, request.data).note
        return act(request, RESOLVE, {"violation": violation, "note": note}, shown)
