"""The Anthropic wire: Messages, token counting and models, as the public API documents them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from agents.simulator import models
from agents.simulator.anthropic_request import InvalidRequest, parse
from agents.simulator.directives import DirectiveError
from agents.simulator.engine import Engine
from agents.simulator.exchange import (
    HUGE_PAUSE,
    HUGE_PIECE,
    HUGE_PIECES,
    Headers,
    HttpReply,
    HttpRequest,
    misbehaviour,
)
from agents.simulator.faces import Face, Refused
from agents.simulator.turns import Call, Turn

Handler = Callable[[HttpRequest], HttpReply]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
FORCED_MESSAGES = {
    401: "invalid x-api-key",
    429: "Number of requests has exceeded your rate limit (simulated).",
    500: "Internal server error",
    529: "Overloaded",
}
STOPS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens", "sequence": "stop_sequence"}
RETRY_AFTER_SECONDS = b"1"
_JSON = (b"content-type", b"application/json")
_TEXT_PIECES = re.compile(r"(?:\S+\s*){1,4}|\s+")
_JSON_PIECE = 24
_BROKEN = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"tex\n\n'


class AnthropicWire:
    """The wire as the application's ``anthropic`` client speaks it."""

    def __init__(self, engine: Engine, face: Face | None = None) -> None:
        """``face``: the provider whose own rules are enforced."""
        self._engine, self._face = engine, face

    def routes(self) -> dict[str, dict[str, Handler]]:
        """See ``exchange.Wire``."""
        return {
            "/v1/messages": {"POST": self._guarded(self._message)},
            "/v1/messages/count_tokens": {"POST": self._guarded(self._count)},
            "/v1/models": {"GET": self._guarded(self._models)},
            "/v1/models/": {"GET": self._guarded(self._model)},
        }

    def error(self, request_id: str, status: int, message: str) -> HttpReply:
        """See ``exchange.Wire``; a 429 carries ``retry-after``."""
        headers: Headers = (_JSON, *self._headers(request_id))
        if status == 429:
            headers += ((b"retry-after", RETRY_AFTER_SECONDS),)
        return HttpReply(status, headers, (_dump(_error_body(request_id, status, message)),))

    def _guarded(self, handler: Handler) -> Handler:
        def guarded(http: HttpRequest) -> HttpReply:
            if not _carries_key(http.headers):
                return self.error(http.id, 401, "x-api-key header is required")
            try:
                return handler(http)
            except Refused as refusal:
                return self.error(http.id, refusal.status, str(refusal))
            except (InvalidRequest, DirectiveError) as refusal:
                return self.error(http.id, 400, str(refusal))
            except orjson.JSONDecodeError as invalid:
                return self.error(http.id, 400, f"The request body is not valid JSON: {invalid}")

        return guarded

    def _message(self, http: HttpRequest) -> HttpReply:
        body = orjson.loads(http.body)
        ask = parse(body, http.body)
        if self._face is not None:
            self._face.judge(body, dict(http.headers))
        turn = self._engine.answer(ask)
        faults = turn.faults
        if wrong := misbehaviour(faults, self._headers(http.id)):
            return wrong
        if faults.status and not (faults.late and ask.stream):
            refused = self.error(http.id, faults.status, forced_message(faults.status))
            return HttpReply(refused.status, refused.headers, _after(faults.delay, refused.steps[0]))
        headers = self._headers(http.id)
        return _stream(http, turn, headers) if ask.stream else _whole(turn, headers)

    def _headers(self, request_id: str) -> Headers:
        limits = self._face.rate_headers() if self._face is not None else ()
        return ((b"request-id", request_id.encode()), *limits)

    def _count(self, http: HttpRequest) -> HttpReply:
        ask = parse(orjson.loads(http.body), http.body, counting=True)
        return _json(http, {"input_tokens": ask.input_tokens})

    def _models(self, http: HttpRequest) -> HttpReply:
        rows = [_model_row(model) for model in models.ANTHROPIC]
        page = {"data": rows, "has_more": False, "first_id": rows[0]["id"], "last_id": rows[-1]["id"]}
        return _json(http, page)

    def _model(self, http: HttpRequest) -> HttpReply:
        wanted = http.path.rsplit("/", 1)[1]
        for model in models.ANTHROPIC:
            if model.id == wanted:
                return _json(http, _model_row(model))
        return self.error(http.id, 404, f"model: {wanted}")


def _carries_key(headers: dict[bytes, bytes]) -> bool:
    """Any key will do, in ``x-api-key`` or, as the ``anthropic`` 2.10 client sends it, as a bearer."""
    scheme, _, token = headers.get(b"authorization", b"").strip().partition(b" ")
    bearer = token.strip() if scheme.lower() == b"bearer" else b""
    return bool(headers.get(b"x-api-key", b"").strip() or bearer)


def forced_message(status: int) -> str:
    """The words of an ordered error."""
    return FORCED_MESSAGES.get(status, f"Simulated error {status}")


def _error_body(request_id: str, status: int, message: str) -> dict[str, Any]:
    kind = ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def _whole(turn: Turn, own: Headers) -> HttpReply:
    content: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text else []
    content += [_call_block(call, call.arguments) for call in turn.calls]
    body = _dump(
        _envelope(turn, content, turn.output_tokens)
        | {"stop_reason": STOPS[turn.stop], "stop_sequence": turn.stop_sequence}
    )
    headers: Headers = (_JSON, *own)
    if turn.faults.cut:
        headers += ((b"content-length", b"%d" % len(body)),)
        return HttpReply(200, headers, _after(turn.faults.delay, b""), complete=False)
    if turn.faults.malformed:
        body = body[: len(body) // 2]
    return HttpReply(200, headers, _after(turn.faults.delay, body))


def _stream(http: HttpRequest, turn: Turn, own: Headers) -> HttpReply:
    faults = turn.faults
    opening, pieces, closing = _events(turn)
    half = max(1, len(pieces) // 2)
    if faults.cut:
        pieces, closing = pieces[:half], b""
    elif faults.late:
        error = _error_body(http.id, faults.status, forced_message(faults.status))
        pieces, closing = pieces[:half], _event("error", error)
    elif faults.malformed:
        pieces = [*pieces[:half], _BROKEN, *pieces[half:]]
    headers: Headers = (
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        *own,
    )
    if faults.empty:
        return HttpReply(200, headers, (_event("message_stop", {"type": "message_stop"}),))
    if faults.huge:
        event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a" * HUGE_PIECE}}
        return HttpReply(200, headers, (opening, *(HUGE_PAUSE, _event("content_block_delta", event)) * HUGE_PIECES))
    return HttpReply(200, headers, _steps(turn, opening, pieces, closing), complete=not faults.cut)


def _steps(turn: Turn, opening: bytes, pieces: list[bytes], closing: bytes) -> tuple[bytes | float, ...]:
    if not turn.faults.pace:
        rest = b"".join(pieces) + closing
        return (opening, turn.faults.delay, rest) if turn.faults.delay else (opening + rest,)
    steps: list[bytes | float] = [opening, turn.faults.delay]
    for piece in pieces:
        steps += (turn.faults.pace, piece)
    return (*steps, closing)


def _events(turn: Turn) -> tuple[bytes, list[bytes], bytes]:
    """The stream as its opening, its pieces (one token delta each) and its end."""
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if turn.text or not turn.calls:
        texts = _TEXT_PIECES.findall(turn.text) or [""]
        deltas = [{"type": "text_delta", "text": text} for text in texts]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for call in turn.calls:
        written = _dump(call.arguments).decode()
        parts = ["", *(written[at : at + _JSON_PIECE] for at in range(0, len(written), _JSON_PIECE))]
        blocks.append((_call_block(call, {}), [{"type": "input_json_delta", "partial_json": part} for part in parts]))
    message = _envelope(turn, [], 1) | {"stop_reason": None, "stop_sequence": None}
    opening = _event("message_start", {"type": "message_start", "message": message})
    pieces: list[bytes] = []
    for index, (start, deltas) in enumerate(blocks):
        begun = _event("content_block_start", {"type": "content_block_start", "index": index, "content_block": start})
        if index == 0:
            opening += begun + _event("ping", {"type": "ping"})
            begun = b""
        for delta in deltas:
            event = {"type": "content_block_delta", "index": index, "delta": delta}
            pieces.append(begun + _event("content_block_delta", event))
            begun = b""
        pieces[-1] += _event("content_block_stop", {"type": "content_block_stop", "index": index})
    return opening, pieces, _closing(turn)


def _closing(turn: Turn) -> bytes:
    delta: dict[str, Any] = {
        "type": "message_delta",
        "delta": {"stop_reason": STOPS[turn.stop], "stop_sequence": turn.stop_sequence},
    }
    if not turn.faults.no_usage:
        delta["usage"] = _usage(turn, turn.output_tokens)
    return _event("message_delta", delta) + _event("message_stop", {"type": "message_stop"})


def _envelope(turn: Turn, content: list[dict[str, Any]], output_tokens: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": f"msg_{turn.fingerprint}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": content,
    }
    if not turn.faults.no_usage:
        message["usage"] = _usage(turn, output_tokens)
    return message


def _usage(turn: Turn, output_tokens: int) -> dict[str, Any]:
    cached = min(turn.faults.cached, turn.input_tokens)
    return {
        "input_tokens": turn.input_tokens - cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": output_tokens,
    }


def _call_block(call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": arguments}


def _model_row(model: models.ListedModel) -> dict[str, Any]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "line": model.line,
        "max_input_tokens": model.context,
        "max_tokens": model.max_output,
    }


def _after(delay: float, body: bytes | float) -> tuple[bytes | float, ...]:
    return (delay, body) if delay else (body,)


def _json(http: HttpRequest, body: dict[str, Any]) -> HttpReply:
    return HttpReply(200, (_JSON, (b"request-id", http.id.encode())), (_dump(body),))


def _event(name: str, body: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _dump(body))


def _dump(value: Any) -> bytes:
    return orjson.dumps(value)
