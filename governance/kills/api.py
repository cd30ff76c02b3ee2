"""`/api/v2/governance/kill/…`: what is stopped, and stopping."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.kills.actions import LIFT, PULL, PullSwitch, may_kill
from governance.kills.models import Kill
from governance.registry.actions import Params


class KillFilter(Params):
    """`live`: only those that hold, or only those that were lifted."""

    live: bool | None = None


class KillOut(BaseModel):
    """`id` of the switch; `ref` is the thing that is stopped. `stopped`: how much was under way."""

    id: UUID
    scope: str
    ref: str
    name: str
    reason: str
    stopped: int
    by: UUID
    at: datetime
    lifted_by: UUID | None
    lifted_at: datetime | None


class KillPage(BaseModel):
    results: list[KillOut]
    next: str | None
    previous: str | None


def kill_out(row: Kill) -> dict[str, Any]:
    same = ("scope", "ref", "name", "reason", "stopped", "at", "lifted_at")
    told = {name: getattr(row, name) for name in same}
    return KillOut(id=row.pk, by=row.by_id, lifted_by=row.lifted_by_id, **told).model_dump(mode="json")


class KillsView(APIView):
    @extend_schema(parameters=[KillFilter], responses=KillPage, operation_id="governance_kills")
    def get(self, request: Request) -> Response:
        """The newest first."""
        asked, rows = query(request, KillFilter), Kill.objects.all()
        if asked.live is not None:
            rows = rows.filter(lifted_at__isnull=asked.live)
        return KeysetPages.answer(request, rows, kill_out)

    @extend_schema(request=PullSwitch, responses={201: KillOut}, operation_id="governance_kill")
    def post(self, request: Request) -> Response:
        """Stops everything under way in the scope, and refuses what would begin there until it is lifted."""
        if not may_kill(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        refuse_spoofed_identity(request)
        return act(request, PULL, validated(PullSwitch, request.data), kill_out, 201)


class KillView(APIView):
    @extend_schema(responses=KillOut, operation_id="governance_kill_get")
    def get(self, request: Request, kill: UUID) -> Response:
        with reading():
            return Response(kill_out(find(Kill.objects, kill)))

    @extend_schema(request=None, responses=KillOut, operation_id="governance_kill_lift")
    def delete(self, request: Request, kill: UUID) -> Response:
        """Lifts it: new work may begin. It stays on record."""
        with reading():
            find(Kill.objects, kill)
        return act(request, LIFT, {"kill": kill}, kill_out)
