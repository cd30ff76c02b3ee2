"""The ASGI application: routing, the body's limit, pauses and dropped connections. No framework."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import orjson

from agents.simulator.anthropic_wire import AnthropicWire
from agents.simulator.engine import Engine
from agents.simulator.exchange import HttpReply, HttpRequest, Wire
from agents.simulator.faces import Face, rows
from agents.simulator.openai_wire import OpenAIWire

log = logging.getLogger(__name__)
MAX_BODY_BYTES = 32 * 1024 * 1024
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[HttpRequest], HttpReply]
Routes = dict[str, tuple[Wire, dict[str, Handler]]]
ANTHROPIC_HEADERS = {b"anthropic-version", b"x-api-key"}


class Simulator:
    """Answers HTTP for its wires; errors about no wire's path take the first wire's shape.

    Under ``/p/<provider>`` (``/p/<provider>/v1`` for the OpenAI wire) it is that provider, with all its rules. A path
    that both wires have (``/v1/models``) is answered as the headers of the caller are.

    ``GET /healthz`` also tells how many requests came and how many callers left during an answer, so that a
    test can see that a cancelled call was cancelled here as well.
    """

    def __init__(self, wires: Iterable[Wire] | None = None) -> None:
        self._engine = Engine()
        self._wires = tuple(wires) if wires is not None else (AnthropicWire(self._engine), OpenAIWire(self._engine))
        self._routes = [_routes(wire) for wire in self._wires]
        self._faces: dict[str, Routes] = {}
        self._numbers = itertools.count(1)
        self._requests = 0
        self._left = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the simulator speaks HTTP only, not {scope['type']}")
        body = await _read(receive)
        if isinstance(body, bytes):
            request = HttpRequest(
                scope["method"],
                scope["path"],
                dict(scope["headers"]),
                body,
                f"req_sim{next(self._numbers):08d}",
            )
            await self._play(self._reply(request), receive, send)
        elif body is TOO_LARGE:
            reply = self._wires[0].error(f"req_sim{next(self._numbers):08d}", 413, "Request exceeds 32 MB")
            await self._play(reply, receive, send)

    def _reply(self, request: HttpRequest) -> HttpReply:
        if request.path == "/healthz":
            body = {"status": "ok", "requests": self._requests, "callers_left": self._left}
            return HttpReply(200, ((b"content-type", b"application/json"),), (orjson.dumps(body),))
        self._requests += 1
        wire, methods = self._route(request)
        if not methods:
            return wire.error(request.id, 404, "Not found")
        if request.method not in methods:
            return wire.error(request.id, 405, "Method Not Allowed")
        try:
            return methods[request.method](request)
        except Exception:  # a defect here must look like a provider's 500 and be seen in the log
            log.exception("the simulator failed on %s", request.path)
            return wire.error(request.id, 500, "Internal server error")

    def _route(self, request: HttpRequest) -> tuple[Wire, dict[str, Handler]]:
        path, tables = request.path, self._routes
        if path.startswith("/p/"):
            provider, _, rest = path.removeprefix("/p/").partition("/")
            if provider not in rows():
                return self._wires[0], {}
            path, tables = f"/{rest}", [self._face(provider)]
        elif _is_other_caller(request.headers):
            tables = tables[::-1]
        for table in tables:
            if found := _find(table, path):
                return found
        return self._wires[0], {}

    def _face(self, provider: str) -> Routes:
        if provider not in self._faces:
            row = rows()[provider]
            make = AnthropicWire if row["wire"] == "anthropic" else OpenAIWire
            self._faces[provider] = _routes(make(self._engine, Face(row)))
        return self._faces[provider]

    async def _play(self, reply: HttpReply, receive: Receive, send: Send) -> None:
        headers = list(reply.headers)
        if reply.complete and len(reply.steps) == 1 and isinstance(reply.steps[0], bytes):
            headers.append((b"content-length", b"%d" % len(reply.steps[0])))
        started = False
        for step in reply.steps:
            if isinstance(step, float):
                if step and await _left_within(step, receive):
                    self._left += 1
                    return
                continue
            if not started:
                started = True
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": step, "more_body": True})
        # returning before the last body makes the server drop the connection: that is the cut
        if reply.complete:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


TOO_LARGE = object()


def _is_other_caller(headers: dict[bytes, bytes]) -> bool:
    """Comes with a key as the OpenAI wire has it, and with nothing that Anthropic's callers say."""
    scheme, _, key = headers.get(b"authorization", b"").strip().partition(b" ")
    return scheme.lower() == b"bearer" and bool(key.strip()) and not ANTHROPIC_HEADERS & set(headers)


def _routes(wire: Wire) -> Routes:
    return {path: (wire, methods) for path, methods in wire.routes().items()}


def _find(table: Routes, path: str) -> tuple[Wire, dict[str, Handler]] | None:
    if path in table and not path.endswith("/"):
        return table[path]
    parent, _, last = path.rpartition("/")
    return table.get(f"{parent}/") if last else None


async def _read(receive: Receive) -> bytes | object | None:
    """The whole body, TOO_LARGE, or None when the caller left first."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY_BYTES:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if size <= MAX_BODY_BYTES else TOO_LARGE


async def _left_within(seconds: float, receive: Receive) -> bool:
    """Wait; True as soon as the caller disconnects."""
    try:
        async with asyncio.timeout(seconds):
            return bool((await receive())["type"] == "http.disconnect")
    except TimeoutError:
        return False
