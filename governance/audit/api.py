"""`/api/v2/governance/audit/…`: the log of the bound identity (design 6.2)."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query
from governance.audit import shapes
from governance.audit.checking import START
from governance.audit.filters import AuditFilter
from governance.audit.models import AuditEntry
from governance.audit.proof import prove
from governance.isolation.context import current
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Params


class VerifyQuery(Params):
    """From the last signed head; with `full=1`, what the last verification of the whole log has found."""

    full: str = Field(default="", pattern="^(0|1|)$")


class NewestFirst(KeysetPages):
    ordering = "-seq"


class InOrder(KeysetPages):
    """As they were written: for whoever follows the log with `after`."""

    ordering = "seq"


class AuditView(APIView):
    @extend_schema(parameters=[AuditFilter], responses=shapes.AuditPage, operation_id="governance_audit")
    def get(self, request: Request) -> Response:
        """The newest first; with `after`, what follows that entry, in order."""
        asked = query(request, AuditFilter)
        pages = NewestFirst if asked.after is None else InOrder
        return pages.answer(request, asked.apply(AuditEntry.objects.defer("payload")), shapes.entry_out)


class AuditEntryView(APIView):
    @extend_schema(responses=shapes.OpenedEntryOut, operation_id="governance_audit_entry")
    def get(self, request: Request, entry: UUID) -> Response:
        row = find(AuditEntry.objects, entry)
        return Response(shapes.opened_out(row, show_payload=may_write(current())))


class VerifyView(APIView):
    @extend_schema(parameters=[VerifyQuery], responses=shapes.Verified, operation_id="governance_audit_verify")
    def get(self, request: Request) -> Response:
        """Whether the log is whole, and the one that was signed; `full` tells how far a whole verification is."""
        if query(request, VerifyQuery).full == "1":
            return Response(shapes.full_out())
        return Response(shapes.proof_out(prove(full=False)))

    @extend_schema(request=None, responses={202: shapes.CheckOut}, operation_id="governance_audit_verify_all")
    def post(self, request: Request) -> Response:
        """Has every entry, payload and signed head read again in the background; one at a time."""
        return act(request, START, request.data, shapes.check_out, 202)
