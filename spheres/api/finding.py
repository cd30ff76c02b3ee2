"""`/api/v2/search/` and `/api/v2/trash/`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import query
from governance.errors import BadInput
from governance.registry.actions import Params
from spheres import shapes
from spheres.actions.search import Search
from spheres.api.common import parameters
from spheres.models import DataSpace, Item
from spheres.paging import place_of, write_place
from spheres.search import MOST_RESULTS, Found, Place, Question, search

MOST_IN_TRASH = 100


class TrashQuery(Params):
    kind: str = Field(default="", pattern="^(item|dataspace)?$")


class SearchView(APIView):
    @extend_schema(parameters=parameters(Search), responses=shapes.FoundList, operation_id="search")
    def get(self, request: Request) -> Response:
        asked = query(request, Search)
        most, place = limit_and_place(request)
        found = search(Question(asked.q, asked.sphere or "", most + 1, place), asked.kind)
        return Response(
            {
                "results": [shapes.found_out(row) for row in found[:most]],
                "next": next_address(request, found[most - 1]) if len(found) > most else None,
                "previous": None,
            }
        )


def limit_and_place(request: Request) -> tuple[int, Place | None]:
    """`limit` (1 to 50) and `cursor`, which rank and id make here, not a table's row."""
    limit = request.query_params.get("limit", "20")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MOST_RESULTS:
        raise BadInput(errors={"limit": [_("A whole number from 1 to 50.")]})
    cursor = request.query_params.get("cursor", "")
    place = place_of(cursor)
    if cursor and place is None:
        raise BadInput(errors={"cursor": [_("The cursor of a former answer.")]})
    return int(limit), place


def next_address(request: Request, last: Found) -> str:
    params = request.query_params.copy()
    params["cursor"] = write_place(last.place)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


class TrashView(APIView):
    @extend_schema(parameters=parameters(TrashQuery), responses=shapes.TrashList, operation_id="trash_list")
    def get(self, request: Request) -> Response:
        kind = query(request, TrashQuery).kind
        rows: list[Item | DataSpace] = []
        if kind != "dataspace":
            rows += Item.objects.in_trash().defer("content").order_by("-deleted_at", "-id")[:MOST_IN_TRASH]
        if kind != "item":
            rows += DataSpace.objects.in_trash().order_by("-deleted_at", "-id")[:MOST_IN_TRASH]
        rows.sort(key=lambda row: (row.deleted_at, row.pk), reverse=True)
        results = [shapes.trash_out(row) for row in rows[:MOST_IN_TRASH]]
        return Response({"results": results, "next": None, "previous": None})
