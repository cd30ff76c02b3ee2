"""`/api/v2/captures/…`: what was taken down, and filing it."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query
from governance.registry.actions import NoParameters, Params
from spheres import shapes
from spheres.actions.captures import CreateCapture
from spheres.api.common import body, look, parameters
from spheres.facts import SphereSlug
from spheres.models import LONGEST_TITLE, Capture, CaptureStatus


class CaptureQuery(Params):
    sphere: SphereSlug | None = None
    status: CaptureStatus | Literal["waiting"] | None = None


class Route(Params):
    to: Literal["note", "task"]
    sphere: SphereSlug | None = None
    dataspace: UUID | None = None
    title: str | None = Field(default=None, min_length=1, max_length=LONGEST_TITLE)
    due_on: date | None = None


class CaptureListView(APIView):
    @extend_schema(
        parameters=parameters(CaptureQuery), responses=shapes.CaptureList, filters=False, operation_id="captures_list"
    )
    def get(self, request: Request) -> Response:
        asked = query(request, CaptureQuery)
        rows = Capture.objects.in_sphere(asked.sphere or "")
        if asked.status == "waiting":
            rows = rows.waiting()
        elif asked.status is not None:
            rows = rows.filter(status=asked.status)
        return KeysetPages.answer(request, rows, shapes.capture_out)

    @extend_schema(request=CreateCapture, responses={201: shapes.CaptureOut}, operation_id="captures_create")
    def post(self, request: Request) -> Response:
        return act(request, "spheres.capture.create", body(request, CreateCapture), shapes.capture_out, 201)


class CaptureView(APIView):
    @extend_schema(responses=shapes.CaptureOut, operation_id="captures_get")
    def get(self, request: Request, capture: UUID) -> Response:
        found = look(Capture.objects, capture)
        query(request, NoParameters)
        return Response(shapes.capture_out(found))


class CaptureRouteView(APIView):
    @extend_schema(request=Route, responses=shapes.CaptureOut, operation_id="captures_route")
    def post(self, request: Request, capture: UUID) -> Response:
        look(Capture.objects, capture)
        params = body(request, Route, capture=capture)
        return act(request, "spheres.capture.route", params, shapes.capture_out)


class CaptureArchiveView(APIView):
    @extend_schema(request=None, responses=shapes.CaptureOut, operation_id="captures_archive")
    def post(self, request: Request, capture: UUID) -> Response:
        look(Capture.objects, capture)
        params = body(request, NoParameters, capture=capture)
        return act(request, "spheres.capture.archive", params, shapes.capture_out)
