"""`/api/v2/governance/elevations/…`: a wider scope for a while (design 3.8, 6)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.elevate.actions import END
from governance.elevate.asking import RequestElevation
from governance.elevate.models import Elevation
from governance.elevate.shapes import ElevationOut, ElevationPage, elevation_out, listed
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import NoParameters, Params
from governance.rules.system import ELEVATE


class ElevationFilter(Params):
    """`state` as it is written; what is in force may be over by its time (`live`)."""

    state: Literal["requested", "in_force", "denied", "lapsed", "ended"] | None = None
    person: UUID | None = None


class ElevationsView(APIView):
    @extend_schema(parameters=[ElevationFilter], responses=ElevationPage, operation_id="governance_elevations")
    def get(self, request: Request) -> Response:
        """The newest first."""
        asked = query(request, ElevationFilter)
        given = {"state": asked.state, "person_id": asked.person}
        rows = listed().filter(**{name: value for name, value in given.items() if value is not None})
        return KeysetPages.answer(request, rows, elevation_out)

    @extend_schema(request=RequestElevation, responses={423: ElevationOut}, operation_id="governance_elevation_request")
    def post(self, request: Request) -> Response:
        """Asks for it. It always stops at a person (423): the elevation bears the id of the checkpoint."""
        if not may_write(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        refuse_spoofed_identity(request)
        return act(request, ELEVATE, validated(RequestElevation, request.data), elevation_out, 201)


class ElevationView(APIView):
    @extend_schema(responses=ElevationOut, operation_id="governance_elevation")
    def get(self, request: Request, elevation: UUID) -> Response:
        with reading():
            row = find(listed(), elevation)
            query(request, NoParameters)
            return Response(elevation_out(row))

    @extend_schema(request=None, responses=ElevationOut, operation_id="governance_elevation_end")
    def delete(self, request: Request, elevation: UUID) -> Response:
        """Withdraws what waits, ends what is in force. It stays on record."""
        with reading():
            find(Elevation.objects, elevation)
        return act(request, END, {"elevation": elevation}, elevation_out)
