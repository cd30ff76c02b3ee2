"""`/api/v2/dataspaces/…`: the places of items (deleting puts into the trash)."""

from __future__ import annotations

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
from spheres.actions.dataspaces import CreateDataSpace
from spheres.api.common import body, look, parameters
from spheres.facts import SphereSlug
from spheres.models import LONGEST_CONTENT, LONGEST_TITLE, DataSpace, DataSpaceType, Item, ItemType


class DataSpaceQuery(Params):
    sphere: SphereSlug | None = None
    domain: str = ""
    status: Literal["active", "archived"] | None = None


class DataSpaceChanges(Params):
    name: str | None = Field(default=None, min_length=1, max_length=120)
    type: DataSpaceType | None = None
    domain: str | None = Field(default=None, max_length=24)
    parent: UUID | None = None


class ItemQuery(Params):
    type: ItemType | None = None


class NewItem(Params):
    """An item of the DataSpace in the address, whose sphere it takes."""

    type: Literal["note", "link", "document", "reference", "decision"] = "note"
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    content: str = Field(default="", max_length=LONGEST_CONTENT)


class DataSpaceListView(APIView):
    @extend_schema(
        parameters=parameters(DataSpaceQuery),
        responses=shapes.DataSpaceList,
        filters=False,
        operation_id="dataspaces_list",
    )
    def get(self, request: Request) -> Response:
        asked = query(request, DataSpaceQuery)
        rows = DataSpace.objects.visible().in_sphere(asked.sphere or "")
        if asked.domain:
            rows = rows.filter(domain=asked.domain)
        if asked.status is not None:
            rows = rows.filter(status=asked.status)
        return KeysetPages.flat(request, rows, shapes.DataSpaceOut)

    @extend_schema(request=CreateDataSpace, responses={201: shapes.DataSpaceOut}, operation_id="dataspaces_create")
    def post(self, request: Request) -> Response:
        return act(request, "spheres.dataspace.create", body(request, CreateDataSpace), shapes.dataspace_out, 201)


class DataSpaceView(APIView):
    @extend_schema(responses=shapes.DataSpaceOut, operation_id="dataspaces_get")
    def get(self, request: Request, dataspace: UUID) -> Response:
        found = look(DataSpace.objects, dataspace)
        query(request, NoParameters)
        return Response(shapes.dataspace_out(found))

    @extend_schema(request=DataSpaceChanges, responses=shapes.DataSpaceOut, operation_id="dataspaces_update")
    def patch(self, request: Request, dataspace: UUID) -> Response:
        look(DataSpace.objects, dataspace)
        params = body(request, DataSpaceChanges, dataspace=dataspace)
        return act(request, "spheres.dataspace.update", params, shapes.dataspace_out)

    @extend_schema(request=None, responses=shapes.DataSpaceOut, operation_id="dataspaces_delete")
    def delete(self, request: Request, dataspace: UUID) -> Response:
        return change(request, dataspace, "delete")


def change(request: Request, dataspace: UUID, verb: str) -> Response:
    """Archives, deletes or restores the DataSpace of the address."""
    look(DataSpace.objects, dataspace)
    params = body(request, NoParameters, dataspace=dataspace)
    return act(request, f"spheres.dataspace.{verb}", params, shapes.dataspace_out)


class DataSpaceArchiveView(APIView):
    @extend_schema(request=None, responses=shapes.DataSpaceOut, operation_id="dataspaces_archive")
    def post(self, request: Request, dataspace: UUID) -> Response:
        return change(request, dataspace, "archive")


class DataSpaceRestoreView(APIView):
    @extend_schema(request=None, responses=shapes.DataSpaceOut, operation_id="dataspaces_restore")
    def post(self, request: Request, dataspace: UUID) -> Response:
        return change(request, dataspace, "restore")


class DataSpaceItemsView(APIView):
    @extend_schema(
        parameters=parameters(ItemQuery), responses=shapes.ItemList, filters=False, operation_id="dataspaces_items"
    )
    def get(self, request: Request, dataspace: UUID) -> Response:
        space = look(DataSpace.objects, dataspace)
        asked = query(request, ItemQuery)
        rows = Item.objects.alive().filter(dataspace=space)
        if asked.type is not None:
            rows = rows.filter(type=asked.type)
        return KeysetPages.flat(request, rows, shapes.ItemOut)

    @extend_schema(request=NewItem, responses={201: shapes.ItemOut}, operation_id="dataspaces_items_create")
    def post(self, request: Request, dataspace: UUID) -> Response:
        space = look(DataSpace.objects, dataspace)
        params = body(request, NewItem, dataspace=dataspace, sphere=space.sphere)
        return act(request, "spheres.item.create", params, shapes.item_out, 201)
