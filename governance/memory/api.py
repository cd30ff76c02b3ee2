"""`/api/v2/memory/…` (design 6). No Idempotency-Key is kept here: kept answers would hold words that were forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import AwareDatetime, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, query, refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.memory import shapes
from governance.memory.actions import CREATE, UPDATE, CreateMemory, look
from governance.memory.forgetting import DELETE
from governance.memory.laws import LAWS
from governance.memory.models import LONGEST_TEXT, Audience, Category, MemoryItem, MemoryUse, Sensitivity, Type
from governance.memory.policies import may_keep
from governance.memory.reading import MemoryQuery, MemorySearch, asked_for
from governance.memory.settling import APPROVE
from governance.perform import perform
from governance.registry.actions import NoParameters, Params

LIST = [OpenApiParameter(name, str) for name in ("cursor", "limit", "sphere", "place")]
NARROWED = [
    OpenApiParameter("state", str, enum=list(MemoryItem.Status.values)),
    OpenApiParameter("type", str, enum=list(Type.values)),
    OpenApiParameter("category", str, enum=list(Category.values)),
    *LIST,
]


class MemoryChanges(Params):
    """Only the given fields change. `expires_at`: null means until it is forgotten."""

    version: int | None = None
    text: str | None = Field(default=None, min_length=1, max_length=LONGEST_TEXT)
    category: Category | None = None
    sensitivity: Sensitivity | None = None
    audience: Audience | None = None
    expires_at: AwareDatetime | None = None


class Approval(Params):
    """`digest` as it was shown: other words are another approval."""

    digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")


def done(request: Request, name: str, params: dict[str, Any], status: int = 200) -> Response:
    """Performs it and answers with the memory as it is now."""
    refuse_spoofed_identity(request)
    return Response(shapes.memory_out(perform(name, params)), status=status)


def seen(memory: UUID) -> MemoryItem:
    """The memory of the address, before the body is read."""
    with reading():
        return look(current(), memory)


def check_keeper() -> None:
    if not may_keep(current()):
        raise NotAllowed()


class MemoriesView(APIView):
    @extend_schema(parameters=NARROWED, responses=shapes.MemoryPage, filters=False, operation_id="memory_list")
    def get(self, request: Request) -> Response:
        """Everything that is remembered and is yours to see, the newest first."""
        return KeysetPages.answer(request, asked_for(query(request, MemoryQuery)), shapes.memory_out)

    @extend_schema(request=CreateMemory, responses={201: shapes.MemoryOut}, operation_id="memory_create")
    def post(self, request: Request) -> Response:
        """Remembers. What lasts and is asked by a token is `proposed`, until a person approves it."""
        check_keeper()
        refuse_spoofed_identity(request)
        given = validated(CreateMemory, request.data)
        return Response(shapes.memory_out(perform(CREATE, given)), status=201)


class SearchView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("q", str, required=True), *NARROWED],
        responses=shapes.MemoryPage,
        filters=False,
        operation_id="memory_search",
    )
    def get(self, request: Request) -> Response:
        """Those that hold every word of `q`, whatever the accents."""
        return KeysetPages.answer(request, asked_for(query(request, MemorySearch)), shapes.memory_out)


class LawsView(APIView):
    @extend_schema(responses=shapes.MemoryLawPage, operation_id="memory_laws")
    def get(self, request: Request) -> Response:
        """The ten laws of memory, each with what enforces it."""
        query(request, NoParameters)
        found = [
            shapes.MemoryLawOut(
                number=law.number, title=str(law.title), says=str(law.says), enforced=str(law.enforced)
            ).model_dump()
            for law in LAWS
        ]
        return Response({"results": found, "next": None, "previous": None})


class MemoryView(APIView):
    @extend_schema(responses=shapes.MemoryOut, operation_id="memory")
    def get(self, request: Request, memory: UUID) -> Response:
        row = seen(memory)
        query(request, NoParameters)
        return Response(shapes.memory_out(row))

    @extend_schema(request=MemoryChanges, responses=shapes.MemoryOut, operation_id="memory_update")
    def patch(self, request: Request, memory: UUID) -> Response:
        """The former words are gone with it."""
        seen(memory)
        check_keeper()
        refuse_spoofed_identity(request)
        given = validated(MemoryChanges, request.data).model_dump(exclude_unset=True)
        return done(request, UPDATE, {**given, "memory": memory})

    @extend_schema(request=None, responses={204: None}, operation_id="memory_forget")
    def delete(self, request: Request, memory: UUID) -> Response:
        """Forgets it for good, at once. For people only; what may come back is archived."""
        seen(memory)
        refuse_spoofed_identity(request)
        perform(DELETE, {"memory": memory})
        return Response(status=204)


class UsesView(APIView):
    @extend_schema(responses=shapes.UsePage, operation_id="memory_uses")
    def get(self, request: Request, memory: UUID) -> Response:
        """Which runs were shown it, the newest first."""
        seen(memory)
        query(request, NoParameters)
        return KeysetPages.answer(request, MemoryUse.objects.filter(memory_id=memory), shapes.use_out)


class ApproveView(APIView):
    @extend_schema(request=Approval, responses=shapes.MemoryOut, operation_id="memory_approve")
    def post(self, request: Request, memory: UUID) -> Response:
        """Yes to exactly these words. No token may."""
        seen(memory)
        refuse_spoofed_identity(request)
        given = validated(Approval, request.data)
        return done(request, APPROVE, {"memory": memory, "digest": given.digest})


def moving(verb: str, told: str) -> type[APIView]:
    """The view of `POST memory/{id}/<verb>/`, which takes no body."""

    class MoveView(APIView):
        @extend_schema(request=None, responses=shapes.MemoryOut, operation_id=f"memory_{verb}", description=told)
        def post(self, request: Request, memory: UUID) -> Response:
            seen(memory)
            return done(request, f"governance.memory.{verb}", {"memory": memory})

    MoveView.__name__ = f"{verb.capitalize()}View"
    return MoveView


PinView = moving("pin", "Recalled before all others.")
UnpinView = moving("unpin", "Recalled like all others.")
ArchiveView = moving("archive", "Kept, and used by nothing.")
RestoreView = moving("restore", "Used again.")
RejectView = moving("reject", "No: the proposal is forgotten at once. No token may.")
