"""`/api/v2/spheres/…`: the nine, their bureaus and the quick capture (design 6.2, pinned)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import act, query
from governance.registry.actions import NoParameters, Params
from spheres import shapes, today
from spheres.api.common import body
from spheres.facts import SECTION_BY_KEY, SPHERES, Section, SectionKey, Sphere
from spheres.models import LONGEST_CAPTURE, Capture, CaptureType, DataSpace, Item
from spheres.sections import ROWS_IN_A_LIST, tile


class QuickCapture(Params):
    type: CaptureType = CaptureType.NOTE
    content: str = Field(min_length=1, max_length=LONGEST_CAPTURE)


class SphereListView(APIView):
    @extend_schema(responses=shapes.SphereList, operation_id="spheres_list")
    def get(self, request: Request) -> Response:
        query(request, NoParameters)
        return Response({"results": [shapes.sphere_out(s) for s in SPHERES], "next": None, "previous": None})


class SphereView(APIView):
    @extend_schema(responses=shapes.SphereOut, operation_id="spheres_get")
    def get(self, request: Request, sphere: Sphere) -> Response:
        query(request, NoParameters)
        return Response(shapes.sphere_out(sphere))


class BureauView(APIView):
    @extend_schema(responses=shapes.BureauOut, operation_id="spheres_bureau")
    def get(self, request: Request, sphere: Sphere) -> Response:
        query(request, NoParameters)
        sections = [shapes.tile_out(section, tile(sphere, section)) for section in sphere.sections]
        return Response({"sphere": sphere.slug.value, "sections": sections})


class SectionView(APIView):
    @extend_schema(responses=shapes.TileOut, operation_id="spheres_bureau_section")
    def get(self, request: Request, sphere: Sphere, section: Section) -> Response:
        query(request, NoParameters)
        return Response(shapes.tile_out(section, tile(sphere, section, ROWS_IN_A_LIST)))


class StatsView(APIView):
    @extend_schema(responses=shapes.StatsOut, operation_id="spheres_stats")
    def get(self, request: Request, sphere: Sphere) -> Response:
        query(request, NoParameters)
        return Response(stats(sphere))


def stats(sphere: Sphere) -> dict[str, Any]:
    """The counts of one sphere, each capped at 100."""
    here = {"sphere": sphere.slug}
    values = shapes.StatsOut(
        sphere=sphere.slug.value,
        captures_waiting=Capture.objects.waiting().filter(**here).capped(),
        dataspaces=DataSpace.objects.active().filter(**here).capped(),
        items=Item.objects.alive().filter(**here).capped(),
        open_tasks=Item.objects.open_tasks().filter(**here).capped(),
        new_this_week=today.activity()[sphere.slug],
        waiting=today.waiting()[sphere.slug],
    )
    return values.model_dump(mode="json")


class QuickCaptureView(APIView):
    """The section `quick_capture` of a bureau, and the quickest way into it."""

    @extend_schema(responses=shapes.TileOut, operation_id="spheres_quick_captures")
    def get(self, request: Request, sphere: Sphere) -> Response:
        return SectionView().get(request, sphere, SECTION_BY_KEY[SectionKey.CAPTURE])

    @extend_schema(request=QuickCapture, responses={201: shapes.CaptureOut}, operation_id="spheres_quick_capture")
    def post(self, request: Request, sphere: Sphere) -> Response:
        params = body(request, QuickCapture, sphere=sphere.slug.value)
        return act(request, "spheres.capture.create", params, shapes.capture_out, 201)


class ExamplesView(APIView):
    """Three notes to try Nova with, in a sphere that holds none yet; else 409 `not_empty`."""

    @extend_schema(request=None, responses={201: shapes.ItemsMade}, operation_id="spheres_examples")
    def post(self, request: Request, sphere: Sphere) -> Response:
        params = body(request, NoParameters, sphere=sphere.slug.value)
        return act(request, "spheres.example.capture", params, shapes.items_made, 201)
