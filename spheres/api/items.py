"""`/api/v2/items/…`, `/api/v2/tasks/…`: what is kept, and what is to be done."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query
from governance.errors import NotThere
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.registry.actions import NoParameters, Params
from spheres import shapes
from spheres.actions.items import CreateItem
from spheres.actions.tasks import CreateTask
from spheres.api.common import body, look, parameters
from spheres.facts import SphereSlug
from spheres.models import LONGEST_CONTENT, LONGEST_TITLE, Item, ItemType, ItemVersion, Priority, TaskStatus
from spheres.references import read_through


class ItemQuery(Params):
    sphere: SphereSlug | None = None
    type: ItemType | None = None


class TaskQuery(Params):
    sphere: SphereSlug | None = None
    status: TaskStatus | Literal["open"] | None = None
    assignee: UUID | None = None
    due_before: date | None = None


class ItemChanges(Params):
    """Only the given fields change; `version` is the one that was read."""

    version: int = Field(ge=1)
    title: str | None = Field(default=None, min_length=1, max_length=LONGEST_TITLE)
    content: str | None = Field(default=None, max_length=LONGEST_CONTENT)
    dataspace: UUID | None = None
    priority: Priority | None = None
    status: TaskStatus | None = None
    due_on: date | None = None
    assignee: UUID | None = None


class Complete(Params):
    complete: bool | None = None


class ItemListView(APIView):
    @extend_schema(
        parameters=parameters(ItemQuery), responses=shapes.ItemList, filters=False, operation_id="items_list"
    )
    def get(self, request: Request) -> Response:
        asked = query(request, ItemQuery)
        rows = Item.objects.alive().in_sphere(asked.sphere or "")
        if asked.type is not None:
            rows = rows.filter(type=asked.type)
        return KeysetPages.flat(request, rows, shapes.ItemOut)

    @extend_schema(request=CreateItem, responses={201: shapes.ItemOut}, operation_id="items_create")
    def post(self, request: Request) -> Response:
        return act(request, "spheres.item.create", body(request, CreateItem), shapes.item_out, 201)


class ItemView(APIView):
    """An item of any type."""

    def found(self, item: UUID) -> Item:
        with reading():
            return read_through(find(Item.objects, item))

    @extend_schema(responses=shapes.ItemOut, operation_id="items_get")
    def get(self, request: Request, item: UUID) -> Response:
        found = self.found(item)
        query(request, NoParameters)
        return Response(shapes.item_out(found))

    @extend_schema(request=ItemChanges, responses=shapes.ItemOut, operation_id="items_update")
    def patch(self, request: Request, item: UUID) -> Response:
        self.found(item)
        return act(request, "spheres.item.update", body(request, ItemChanges, item=item), shapes.item_out)

    @extend_schema(request=None, responses=shapes.ItemOut, operation_id="items_delete")
    def delete(self, request: Request, item: UUID) -> Response:
        self.found(item)
        return act(request, "spheres.item.delete", body(request, NoParameters, item=item), shapes.item_out)


class ItemRestoreView(APIView):
    @extend_schema(request=None, responses=shapes.ItemOut, operation_id="items_restore")
    def post(self, request: Request, item: UUID) -> Response:
        look(Item.objects, item)
        return act(request, "spheres.item.restore", body(request, NoParameters, item=item), shapes.item_out)


class ItemVersionsView(APIView):
    @extend_schema(responses=shapes.VersionList, filters=False, operation_id="items_versions")
    def get(self, request: Request, item: UUID) -> Response:
        found = look(Item.objects, item)
        query(request, NoParameters)
        return KeysetPages.flat(request, ItemVersion.objects.filter(item=found), shapes.VersionOut)


class TaskListView(APIView):
    @extend_schema(
        parameters=parameters(TaskQuery), responses=shapes.ItemList, filters=False, operation_id="tasks_list"
    )
    def get(self, request: Request) -> Response:
        asked = query(request, TaskQuery)
        rows = Item.objects.tasks().in_sphere(asked.sphere or "")
        if asked.status == "open":
            rows = rows.exclude(status=TaskStatus.COMPLETE)
        elif asked.status is not None:
            rows = rows.filter(status=asked.status)
        if asked.assignee is not None:
            rows = rows.filter(assignee=asked.assignee)
        if asked.due_before is not None:
            rows = rows.filter(due_on__lt=asked.due_before)
        return KeysetPages.flat(request, rows, shapes.ItemOut)

    @extend_schema(request=CreateTask, responses={201: shapes.ItemOut}, operation_id="tasks_create")
    def post(self, request: Request) -> Response:
        return act(request, "spheres.task.create", body(request, CreateTask), shapes.item_out, 201)


class TaskView(ItemView):
    """The same for tasks alone: another item is no task."""

    def found(self, item: UUID) -> Item:
        found = super().found(item)
        if found.type != ItemType.TASK:
            raise NotThere(_("This is not a task."))
        return found

    @extend_schema(responses=shapes.ItemOut, operation_id="tasks_get")
    def get(self, request: Request, item: UUID) -> Response:
        return super().get(request, item)

    @extend_schema(request=ItemChanges, responses=shapes.ItemOut, operation_id="tasks_update")
    def patch(self, request: Request, item: UUID) -> Response:
        return super().patch(request, item)

    @extend_schema(request=None, responses=shapes.ItemOut, operation_id="tasks_delete")
    def delete(self, request: Request, item: UUID) -> Response:
        return super().delete(request, item)


class TaskCompleteView(APIView):
    @extend_schema(request=Complete, responses=shapes.ItemOut, operation_id="tasks_complete")
    def post(self, request: Request, item: UUID) -> Response:
        look(Item.objects, item)
        params = body(request, Complete, task=item)
        return act(request, "spheres.task.complete", params, shapes.item_out)
