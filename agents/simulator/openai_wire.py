"""The OpenAI wire: chat completions and models; ``openai_media`` has embeddings and transcriptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from agents.simulator.anthropic_wire import forced_message
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
from agents.simulator.faces import CALL_FIELD, Face, Refused, echo
from agents.simulator.openai_media import embeddings, transcription
from agents.simulator.openai_request import parse, wants_usage
from agents.simulator.turns import Turn

Handler = Callable[[HttpRequest], HttpReply]
ERRORS = {
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("billing_error", "insufficient_quota"),
    403: ("permission_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    529: ("overloaded_error", "overloaded"),
}
STOPS = {"end": "stop", "tool": "tool_calls", "length": "length", "sequence": "stop"}
RETRY_AFTER_SECONDS = b"1"
LISTED = ("gpt-6-sol", "gpt-6-luna", "text-embedding-3-small")
_JSON = (b"content-type", b"application/json")
_TEXT_PIECES = re.compile(r"(?:\S+\s*){1,4}|\s+")
_JSON_PIECE = 24
_BROKEN = b'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"con\n\n'


class OpenAIWire:
    """The wire as the ``openai`` client speaks it; with a face, as one provider does."""

    def __init__(self, engine: Engine, face: Face | None = None) -> None:
        self._engine, self._face = engine, face

    def routes(self) -> dict[str, dict[str, Handler]]:
        """See ``exchange.Wire``."""
        found = {"/v1/chat/completions": {"POST": self._guarded(self._chat)}}
        can = self._face.row["supports"] if self._face is not None else {}
        if can.get("embeddings", True):
            found["/v1/embeddings"] = {"POST": self._guarded(self._embeddings)}
        if can.get("transcription", True):
            found["/v1/audio/transcriptions"] = {"POST": self._guarded(self._transcription)}
        if can.get("models_endpoint", True):
            found["/v1/models"] = {"GET": self._guarded(self._models)}
        return found

    def error(self, request_id: str, status: int, message: str, code: str = "") -> HttpReply:
        """See ``exchange.Wire``; a 429 carries ``retry-after``."""
        headers: Headers = (_JSON, *self._headers(request_id))
        if status == 429:
            headers += ((b"retry-after", RETRY_AFTER_SECONDS),)
        body: dict[str, Any] = {"error": _error(status, message, code)}
        if status == 422:  # as the stricter ones say it
            body = {"object": "error", "message": {"detail": [{"type": code, "msg": message}]}}
        return HttpReply(status, headers, (orjson.dumps(body),))

    def _guarded(self, handler: Handler) -> Handler:
        def guarded(http: HttpRequest) -> HttpReply:
            scheme, _, key = http.headers.get(b"authorization", b"").partition(b" ")
            keyless = self._face is not None and self._face.row["key_env"] is None
            if not keyless and (scheme.lower() != b"bearer" or not key.strip()):
                return self.error(http.id, 401, "You didn't provide an API key.")
            try:
                return handler(http)
            except Refused as refusal:
                return self.error(http.id, refusal.status, str(refusal), refusal.code)
            except DirectiveError as refusal:
                return self.error(http.id, 400, str(refusal))
            except orjson.JSONDecodeError:
                return self.error(http.id, 400, "We could not parse the JSON body of your request.")

        return guarded

    def _chat(self, http: HttpRequest) -> HttpReply:
        body = orjson.loads(http.body)
        ask = parse(body, http.body)
        if self._face is not None:
            self._face.judge(body, http.headers)
        turn = self._engine.answer(ask)
        faults, own = turn.faults, self._headers(http.id)
        if wrong := misbehaviour(faults, own):
            return wrong
        if faults.status and not (faults.late and ask.stream):
            refused = self.error(http.id, faults.status, forced_message(faults.status))
            return HttpReply(refused.status, refused.headers, _after(faults.delay, refused.steps))
        says = _Says(turn, self._face, wants_usage(body))
        return says.stream(own) if ask.stream else says.whole(own)

    def _embeddings(self, http: HttpRequest) -> HttpReply:
        return embeddings(http, self._face, self._headers(http.id), self.error)

    def _transcription(self, http: HttpRequest) -> HttpReply:
        return transcription(http, self._face, self._headers(http.id), self.error)

    def _models(self, http: HttpRequest) -> HttpReply:
        names = list(self._face.models) if self._face is not None else LISTED
        owner = self._face.id if self._face is not None else "simulator"
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": owner} for name in names]
        return HttpReply(200, (_JSON, *self._headers(http.id)), (orjson.dumps({"object": "list", "data": rows}),))

    def _headers(self, request_id: str) -> Headers:
        limits = self._face.rate_headers() if self._face is not None else ()
        return ((b"x-request-id", request_id.encode()), *limits)


class _Says:
    """One turn, in chunks or whole."""

    def __init__(self, turn: Turn, face: Face | None, asked_for_usage: bool) -> None:
        quirks = face.quirks(turn.model) if face is not None else {}
        self.turn, self.face = turn, face
        self.echoes = quirks.get("echo_fields", ())
        self.cost_path = quirks.get("reported_cost_path")
        mode = quirks.get("stream_usage_mode", "stream_options")
        told = not turn.faults.no_usage and mode != "none"
        self.at_every_chunk = told and mode == "cumulative"
        self.at_the_end = told and (mode == "always" or self.at_every_chunk)
        self.apart = told and mode == "stream_options" and asked_for_usage

    def stream(self, own: Headers) -> HttpReply:
        faults = self.turn.faults
        headers: Headers = ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), *own)
        opening = self.chunk({"role": "assistant", "content": ""})
        if faults.empty:
            return HttpReply(200, headers, (b"data: [DONE]\n\n",))
        if faults.huge:
            piece = self.chunk({"content": "a" * HUGE_PIECE})
            return HttpReply(200, headers, (opening, *(HUGE_PAUSE, piece) * HUGE_PIECES))
        pieces, closing = self.pieces(), self.closing()
        half = max(1, len(pieces) // 2)
        if faults.cut:
            pieces, closing = pieces[:half], b""
        elif faults.late:
            pieces, closing = pieces[:half], _event({"error": _error(faults.status, forced_message(faults.status))})
        elif faults.malformed:
            pieces = [*pieces[:half], _BROKEN, *pieces[half:]]
        steps: list[bytes | float] = [opening]
        if faults.pace:
            steps.append(faults.delay)
            for piece in pieces:
                steps += (faults.pace, piece)
            steps.append(closing)
        else:
            steps += ([faults.delay] if faults.delay else []) + [b"".join(pieces) + closing]
        return HttpReply(200, headers, tuple(steps), complete=not faults.cut)

    def pieces(self) -> list[bytes]:
        """One piece of text, or of a call, each."""
        turn, found = self.turn, []
        for name in self.echoes if turn.calls else ():
            if not name.startswith(CALL_FIELD):
                found.append(self.chunk({name: echo(name, f"call_{turn.calls[0].id}")}))
        found += [self.chunk({"content": text}) for text in _TEXT_PIECES.findall(turn.text)]
        for place, call in enumerate(turn.calls):
            written = orjson.dumps(call.arguments).decode()
            begun = {"index": place, **self.call(place, "")}
            found.append(self.chunk({"tool_calls": [begun]}))
            for at in range(0, len(written), _JSON_PIECE):
                part = {"index": place, "function": {"arguments": written[at : at + _JSON_PIECE]}}
                found.append(self.chunk({"tool_calls": [part]}))
        return found or [self.chunk({"content": ""})]

    def closing(self) -> bytes:
        ended = self.chunk({}, STOPS[self.turn.stop], with_usage=self.at_the_end)
        if self.apart:
            ended += _event({**self.envelope("chat.completion.chunk"), "choices": [], "usage": self.usage()})
        return ended + b"data: [DONE]\n\n"

    def whole(self, own: Headers) -> HttpReply:
        turn, faults = self.turn, self.turn.faults
        message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
        if turn.calls:
            message["tool_calls"] = [
                self.call(place, orjson.dumps(call.arguments).decode()) for place, call in enumerate(turn.calls)
            ]
            for name in self.echoes:
                if not name.startswith(CALL_FIELD):
                    message[name] = echo(name, f"call_{turn.calls[0].id}")
        body = self.envelope("chat.completion")
        body["choices"] = [] if faults.empty else [
            {"index": 0, "message": message, "finish_reason": STOPS[turn.stop], "logprobs": None}
        ]  # fmt: skip
        if not faults.no_usage:
            body["usage"] = self.usage()
        raw = orjson.dumps(body)
        headers: Headers = (_JSON, *own)
        if faults.cut:
            return HttpReply(200, (*headers, (b"content-length", b"%d" % len(raw))), (b"",), complete=False)
        if faults.huge:
            return HttpReply(200, headers, (raw, *(HUGE_PAUSE, b" " * HUGE_PIECE) * HUGE_PIECES))
        return HttpReply(200, headers, _after(faults.delay, (raw[: len(raw) // 2] if faults.malformed else raw,)))

    def chunk(self, delta: dict[str, Any], finish: str | None = None, *, with_usage: bool = False) -> bytes:
        body = self.envelope("chat.completion.chunk")
        body["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
        if with_usage or self.at_every_chunk:
            body["usage"] = self.usage(partial=not with_usage)
        return _event(body)

    def envelope(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.turn.fingerprint}", "object": kind, "created": 0, "model": self.turn.model}

    def call(self, place: int, written: str) -> dict[str, Any]:
        call = self.turn.calls[place]
        name = f"call_{call.id}"
        said: dict[str, Any] = {"id": name, "type": "function", "function": {"name": call.name, "arguments": written}}
        for field in self.echoes:
            if field.startswith(CALL_FIELD):
                inner = field.removeprefix(CALL_FIELD)
                said[inner] = echo(inner, name)
        return said

    def usage(self, *, partial: bool = False) -> dict[str, Any]:
        turn = self.turn
        made = 1 if partial else turn.output_tokens
        told: dict[str, Any] = {
            "prompt_tokens": turn.input_tokens,
            "completion_tokens": made,
            "total_tokens": turn.input_tokens + made,
        }
        if turn.faults.cached:
            told["prompt_tokens_details"] = {"cached_tokens": min(turn.faults.cached, turn.input_tokens)}
        if self.cost_path and self.face is not None:
            value: Any = _dollars(self.face.cost(turn.model, turn.input_tokens, made))
            for name in reversed(self.cost_path.split(".")[1:]):
                value = {name: value}
            told |= value
        return told


def _dollars(pico: int) -> orjson.Fragment:
    """An amount to the last digit: no float is on its way."""
    return orjson.Fragment(f"{pico // 10**12}.{pico % 10**12:012d}".encode())


def _error(status: int, message: str, code: str = "") -> dict[str, Any]:
    kind, usual = ERRORS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"message": message, "type": kind, "param": None, "code": code or usual}


def _after(delay: float, steps: tuple[bytes | float, ...]) -> tuple[bytes | float, ...]:
    return (delay, *steps) if delay else steps


def _event(body: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(body)
