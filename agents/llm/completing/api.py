"""`POST /api/v2/llm/complete/`: one answer of a model, whole or as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from pydantic import ConfigDict, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.llm.completing.actions import may_complete
from agents.llm.completing.asking import Done, complete
from agents.llm.completing.params import USUAL_OUTPUT, CompleteParams, Tool, ToolChoice, Turn
from agents.llm.completing.relaying import Encode, Event, Words, streamed
from agents.llm.completing.shapes import CompletionOut, completion_out
from agents.llm.routing.asking import Strategy, Task
from governance.access.problems import document
from governance.access.rest import refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.isolation.context import current
from governance.registry.actions import Params
from spheres.facts import SphereSlug


class CompleteRequest(Params):
    """Without `model` the router chooses; `provider` goes with `model`. `stream`: server-sent events
    `text` {text}, then `done` (as the whole answer) or `error` (a problem)."""

    model_config = ConfigDict(str_strip_whitespace=False)

    task: Task = Task.CHAT
    strategy: Strategy | None = None
    provider: str = Field(default="", max_length=30)
    model: str = Field(default="", max_length=120)
    sphere: SphereSlug | None = None
    messages: list[Turn] = Field(min_length=1)
    system: str = ""
    tools: list[Tool] = Field(default_factory=list)
    tool_choice: ToolChoice | None = None
    max_tokens: int = USUAL_OUTPUT
    max_cost_pico_usd: int | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    stream: bool = False


class CompleteView(APIView):
    @extend_schema(request=CompleteRequest, responses=CompletionOut, operation_id="llm_complete")
    def post(self, request: Request) -> HttpResponseBase:
        """Asks a model. 423 where a person must agree: send the same request again once they have."""
        if not may_complete(current()):
            raise NotAllowed()
        refuse_spoofed_identity(request)
        given = validated(CompleteRequest, request.data)
        asked = validated(CompleteParams, given.model_dump(mode="json", exclude={"stream"}, exclude_none=True))
        if given.stream:
            return streamed(asked, events(request._request))
        return Response(completion_out(complete(asked)))


def events(request: HttpRequest) -> Encode:
    """The wire of our own: named events, each with JSON."""

    def encode(event: Event) -> Iterator[bytes]:
        if isinstance(event, Words):
            yield _event("text", {"text": event.text})
        elif isinstance(event, Done):
            yield _event("done", completion_out(event))
        else:
            yield _event("error", document(request, event))

    return encode


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data, default=str))
