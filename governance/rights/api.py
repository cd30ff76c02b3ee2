"""`/api/v2/exports/`: archives of the bound identity (design 6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.registry.actions import NoParameters
from governance.rights import shapes
from governance.rights.actions import RequestLog
from governance.rights.models import DataExport
from governance.rights.policies import may_export
from governance.rights.sending import sent


def allow() -> None:
    """Says no before a password is asked for. Raises NotAllowed."""
    if not may_export(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


def confirm(request: Request) -> None:
    """Only for who has just shown who they are (`auth/step-up/`). Raises StepUpRequired."""
    refuse_spoofed_identity(request)
    validated(NoParameters, request.data)
    require_recent_factor(request._request)


class ExportsView(APIView):
    @extend_schema(responses=shapes.ExportPage, operation_id="exports")
    def get(self, request: Request) -> Response:
        allow()
        return KeysetPages.answer(request, DataExport.objects.all(), shapes.export_out)

    @extend_schema(request=None, responses={202: shapes.ExportOut}, operation_id="exports_create")
    def post(self, request: Request) -> Response:
        """Has an archive of everything written; ask `exports/{id}/` how far it has come."""
        allow()
        confirm(request)
        return act(request, "governance.export.request", {}, shapes.export_out, 202)


class LogExportView(APIView):
    @extend_schema(request=RequestLog, responses={202: shapes.ExportOut}, operation_id="governance_audit_export")
    def post(self, request: Request) -> Response:
        """Has an archive of the log written, of all entries or of those that fit; then as `exports/{id}/`."""
        allow()
        refuse_spoofed_identity(request)
        validated(RequestLog, request.data)
        require_recent_factor(request._request)
        return act(request, "governance.audit.export", request.data, shapes.export_out, 202)


class ExportView(APIView):
    @extend_schema(responses=shapes.ExportOut, operation_id="export")
    def get(self, request: Request, export: UUID) -> Response:
        row = find(DataExport.objects, export)
        allow()
        return Response(shapes.export_out(row))


class DownloadView(APIView):
    @extend_schema(
        request=None,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        operation_id="export_download",
    )
    def post(self, request: Request, export: UUID) -> StreamingHttpResponse | Any:
        with reading():
            find(DataExport.objects, export)
        allow()
        confirm(request)
        return sent(perform("governance.export.download", {"export": export}))
