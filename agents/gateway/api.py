"""`/v1/…`: chat completions, messages and models, for clients that were written for somebody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from uuid_utils.compat import uuid7

from agents.gateway import anthropic_answer, anthropic_request, openai_answer, openai_request
from agents.gateway.errors import shaped, speaks_anthropic
from agents.gateway.listing import anthropic_list, callable_now, openai_list
from agents.gateway.naming import named
from agents.gateway.reading import text_in
from agents.llm.completing.actions import may_complete
from agents.llm.completing.asking import Done, complete
from agents.llm.completing.params import CompleteParams
from agents.llm.completing.relaying import Encode, streamed
from agents.llm.registry.snapshot import snapshot
from agents.llm.routing.now import field_of
from governance.access.rest import validated
from governance.errors import NotAllowed
from governance.isolation.context import current, reading


class Chat(APIView):
    """What both wires do with a request, each in its own form."""

    def answered(
        self, request: Request, params: dict[str, Any], stream: bool, whole: Callable[[Done], Any], encode: Encode
    ) -> HttpResponseBase:
        if not may_complete(current()):
            raise NotAllowed()
        model = named(text_in(request.data.get("model"), "model"), field_of(snapshot()).candidates)
        asked = validated(CompleteParams, {**params, **model})
        return streamed(asked, encode) if stream else Response(whole(complete(asked)))


class ChatCompletionsView(Chat):
    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponseBase:
        body = request.data
        stream = openai_request.wants_stream(body)
        encode = openai_answer.chunks(
            uuid7().hex, with_usage=openai_request.wants_usage(body), error=partial(shaped, request._request)
        )
        return self.answered(request, openai_request.params_of(body), stream, openai_answer.whole, encode)


class MessagesView(Chat):
    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponseBase:
        stream = openai_request.wants_stream(request.data)
        encode = anthropic_answer.events(uuid7().hex, partial(shaped, request._request))
        return self.answered(request, anthropic_request.params_of(request.data), stream, anthropic_answer.whole, encode)


class ModelsView(APIView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The chat models that can be called now, in the caller's shape."""
        with reading():
            found = callable_now()
        return Response(anthropic_list(found) if speaks_anthropic(request._request) else openai_list(found))
