"""One streamed call on the OpenAI wire, by its maintained client, for every provider that speaks it (design 5.1).

The client sends and refuses; the stream is read here, line by line, so that amounts stay decimal, sizes stay bounded
and an answer that breaks off still tells what was produced.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from agents.llm.clients import client, timeouts
from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint, ModelRequest, Patience, Reading, arguments_of, count_of
from agents.llm.failures import kept_headers, kind_of, status_failure
from agents.llm.openai_form import CALL_FIELD, body_of

STOPS = {
    "stop": "end_turn",
    "eos": "end_turn",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "model_length": "max_tokens",
    "content_filter": "refusal",
}
PICO = 10**12


def read(endpoint: Endpoint, request: ModelRequest, reading: Reading, patience: Patience) -> None:
    """Makes the call and reads its answer to the end; a provider that answers whole instead is understood."""
    body = body_of(request)
    named = {name: body.pop(name) for name in ("model", "messages", "stream")}
    create = client(endpoint).chat.completions.with_streaming_response.create
    with create(**named, extra_body=body, timeout=timeouts(patience)) as response:
        reading.begin(kept_headers(response.headers, endpoint.provider.quirks.get("rate_headers_prefix")))
        chunks = _Chunks(reading)
        if "event-stream" in response.headers.get("content-type", ""):
            for data in events_of(response.iter_bytes()):
                if data == b"[DONE]":
                    chunks.done = True
                    break
                chunks.take(parsed(data))
        else:
            chunks.take(parsed(b"".join(response.iter_bytes())))
            chunks.done = True
    chunks.end()


def parsed(raw: bytes) -> dict[str, Any]:
    """A JSON object whose amounts are exact. Raises ValueError."""
    found = json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def events_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each server-sent event. Lines end with \\n only: other separators may stand inside JSON."""
    waiting: list[bytes] = []
    data: list[bytes] = []
    for piece in pieces:
        *lines, rest = piece.split(b"\n")
        for line in lines:
            line = b"".join([*waiting, line]).removesuffix(b"\r")
            waiting.clear()
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                yield b"\n".join(data)
                data.clear()
        waiting.append(rest)
    last = b"".join(waiting)
    if last.startswith(b"data:"):
        data.append(last[5:].removeprefix(b" "))
    if data:
        yield b"\n".join(data)


class _Chunks:
    """The chunks of one stream, put together."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.answer, self.quirks = reading, reading.answer, reading.request.model.quirks
        self.text: dict[str, Any] | None = None
        self.calls: list[dict[str, Any]] = []
        self.echoed: dict[str, list[Any]] = {}
        self.done = False

    def take(self, chunk: dict[str, Any]) -> None:
        if chunk.get("error"):
            raise _late_failure(chunk["error"])
        if not self.answer.model and isinstance(chunk.get("model"), str) and chunk["model"]:
            self.reading.answered_by(chunk["model"])
        if isinstance(chunk.get("usage"), dict):
            self._count(chunk["usage"])
        for choice in chunk.get("choices") or ():
            if choice.get("index") or 0:
                continue
            delta = choice.get("delta") or choice.get("message") or {}
            self._say(delta.get("content"))
            self._remember(delta)
            for call in delta.get("tool_calls") or ():
                self._call(call)
            if choice.get("finish_reason"):
                self.answer.stop_reason = STOPS.get(choice["finish_reason"], "end_turn")

    def end(self) -> None:
        """The stream is over. Raises CallFailed when the answer is not."""
        if not self.answer.stop_reason:
            if self.done:
                raise CallFailed("malformed", "the answer has no end", retryable=True)
            raise CallFailed("cut", "the stream ended early", retryable=True)
        self.reading.answered_by(self.answer.model)
        made = [call for call in self.calls if self._made(call)]
        if made and self.answer.stop_reason == "end_turn":
            self.answer.stop_reason = "tool_use"
        self._keep_echo(made)

    def _say(self, content: Any) -> None:
        if isinstance(content, list):  # Mistral's pieces of text
            content = "".join(part.get("text") or "" for part in content if part.get("type") == "text")
        if not content:
            return
        if self.text is None:
            self.reading.answered_by(self.answer.model)
            self.text = self.reading.block(type="text", text="")
        self.reading.add(self.text, "text", content)

    def _remember(self, delta: dict[str, Any]) -> None:
        """What the provider will want to see again with this turn; thoughts that it will not are only counted."""
        wanted = [name for name in self.quirks.get("echo_fields", ()) if not name.startswith(CALL_FIELD)]
        for name in {*wanted, "reasoning_content", "reasoning"}:
            value = delta.get(name)
            if value is None:
                continue
            self.reading.take(value if isinstance(value, str) else json.dumps(value, default=float))
            if name in wanted:
                self.echoed.setdefault(name, []).append(value)

    def _call(self, part: dict[str, Any]) -> None:
        """More of a tool call; some providers repeat an index for the next call, or give none."""
        index, name = part.get("index"), part.get("id") or ""
        found = next((call for call in reversed(self.calls) if index is None or call["index"] == index), None)
        if found is None or (name and found["id"] and name != found["id"]):
            found = {"index": index, "id": name, "name": "", "arguments": [], "extra": {}, "block": None}
            self.calls.append(found)
        function = part.get("function") or {}
        found["id"] = found["id"] or name
        found["name"] = found["name"] or function.get("name") or ""
        written = function.get("arguments") or ""
        written = written if isinstance(written, str) else json.dumps(written, default=float)
        self.reading.take(written)
        found["arguments"].append(written)
        for field in self.quirks.get("echo_fields", ()):
            inner = field.removeprefix(CALL_FIELD)
            if field.startswith(CALL_FIELD) and part.get(inner) is not None:
                found["extra"][inner] = _plain(part[inner])
        if found["block"] is None and found["name"]:
            found["id"] = found["id"] or f"call_{uuid4().hex[:24]}"
            found["block"] = self.reading.block(type="tool_use", id=found["id"], name=found["name"], input={})

    def _made(self, call: dict[str, Any]) -> bool:
        """A call whose arguments broke off at the limit of the output is not made; any other makes the answer void."""
        block = call["block"]
        try:
            if block is None:
                raise ValueError("a tool call without a name")
            block["input"] = arguments_of("".join(call["arguments"]))
        except ValueError as error:
            if self.answer.stop_reason != "max_tokens":
                raise CallFailed("malformed", "a tool call is not valid", retryable=True) from error
            self.answer.content = [each for each in self.answer.content if each is not block]
            return False
        return True

    def _keep_echo(self, made: list[dict[str, Any]]) -> None:
        message = {name: _joined(values) for name, values in self.echoed.items()}
        calls = {call["id"]: call["extra"] for call in made if call["extra"]}
        if message or calls:
            self.reading.block(type="echo", provider=self.reading.request.model.provider, message=message, calls=calls)

    def _count(self, usage: dict[str, Any]) -> None:
        """The last figures count, whichever chunk they come in."""
        details = usage.get("prompt_tokens_details") or {}
        read = _first(details.get("cached_tokens"), usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens"))
        written = _first(details.get("cache_write_tokens"), details.get("cache_creation_tokens"))
        asked, made = count_of(usage.get("prompt_tokens")), count_of(usage.get("completion_tokens"))
        if asked is not None:
            whole = asked + (read + written if self.quirks.get("usage_input_excludes_cache") else 0)
            self.answer.input_tokens = whole
            self.answer.cache_read_tokens = min(read, whole)
            self.answer.cache_write_5m_tokens = min(written, whole - self.answer.cache_read_tokens)
        if made is not None:
            # Where thoughts are left out of what was produced, the total still holds them.
            total = count_of(usage.get("total_tokens")) or 0
            self.answer.output_tokens = max(made, total - (asked or 0)) if asked is not None else made
        self.answer.reported_cost = reported(usage, self.quirks.get("reported_cost_path"), self.answer.reported_cost)


def reported(usage: dict[str, Any], path: str | None, known: int | None) -> int | None:
    """The provider's own price in pico-USD, exact, rounded up beyond that; what is no amount changes nothing."""
    value: Any = {"usage": usage}
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    if not path or isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < 10**6:
        return known
    try:
        return int((Decimal(value) * PICO).to_integral_value(ROUND_CEILING))
    except InvalidOperation:
        return known


def _late_failure(error: Any) -> CallFailed:
    """An error inside a stream that began well."""
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    status = code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600 else 200
    return status_failure(status, kind_of({"error": told}), {})


def _joined(values: list[Any]) -> Any:
    if all(isinstance(value, str) for value in values):
        return "".join(values)
    lists = [value if isinstance(value, list) else [value] for value in values]
    return _plain([each for one in lists for each in one])


def _first(*values: Any) -> int:
    return next((count for value in values if (count := count_of(value)) is not None), 0)


def _plain(value: Any) -> Any:
    """The same without exact amounts, as it is stored and sent again."""
    return json.loads(json.dumps(value, default=float))
