"""`/api/v2/governance/violations/`: refused crossings of the bound identity."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.models import Violation
from governance.access.rest import KeysetPages, query
from governance.access.shapes import ViolationPage, violation_out
from governance.isolation.context import current
from governance.people.policies import may_manage
from governance.registry.actions import Params


class ViolationFilter(Params):
    kind: Violation.Kind | None = None


class ViolationsView(APIView):
    @extend_schema(parameters=[ViolationFilter], responses=ViolationPage, operation_id="governance_violations")
    def get(self, request: Request) -> Response:
        asked = query(request, ViolationFilter)
        rows = Violation.objects.all()
        rows = rows.filter(kind=asked.kind) if asked.kind else rows
        in_full = may_manage(current())
        return KeysetPages.answer(request, rows, lambda row: violation_out(row, in_full=in_full))
