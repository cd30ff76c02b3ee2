"""One streamed call on the Anthropic wire, by its maintained client (design 5.1).

The client never retries: every attempt is held, priced and audited by its caller. Raw events are
read, so that a stream without usage, cut or malformed still tells what was produced.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings

from agents.llm.errors import CallFailed
from agents.llm.facts import ModelFacts

CONNECT_SECONDS, READ_SECONDS = 5.0, 90.0
BYTES_PER_TOKEN = 4  # only where the provider reports no usage: rounded up, so never too little by much
RETRYABLE_STATUS = frozenset({408, 409, 429})


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What is asked of a model; `max_tokens` is always set."""

    model: ModelFacts
    system: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int

    def bytes(self) -> int:
        """The size of everything the provider will count: an upper bound of the input tokens."""
        whole = json.dumps([self.system, self.messages, self.tools], ensure_ascii=False)
        return len(whole.encode())


@dataclass(slots=True)
class Answer:
    """What came back: content blocks in the wire's form, and what it used."""

    content: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""
    stop_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    usage_estimated: bool = False

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.content if block["type"] == "text")

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return [block for block in self.content if block["type"] == "tool_use"]


class Stop:
    """A person's “stop”, from another thread: closes the stream that is being read."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._close: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def ask(self) -> None:
        with self._lock:
            self.asked.set()
            if self._close is not None:
                self._close()

    def closing(self, close: Callable[[], None] | None) -> None:
        with self._lock:
            self._close = close
            if close is not None and self.asked.is_set():
                close()


@lru_cache(maxsize=1)
def client() -> Any:
    """The process's client: one base URL, one key; imported when first needed."""
    import anthropic

    timeout = anthropic.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    return anthropic.Anthropic(
        api_key=settings.ANTHROPIC_API_KEY or "demo",
        base_url=settings.ANTHROPIC_BASE_URL,
        max_retries=0,
        timeout=timeout,
    )


def send(request: ModelRequest, on_text: Callable[[str], None], stop: Stop) -> Answer:
    """Makes one call and streams its text to `on_text`. Raises CallFailed, with what was used until then."""
    answer = Answer()
    try:
        _read(request, answer, on_text, stop)
    except CallFailed:
        raise
    except Exception as error:
        raise _failure(error, request, answer, stop) from error
    if not request.model.answered_by(answer.model):
        raise _with_use(
            CallFailed("wrong_model", f"asked {request.model.id}, answered {answer.model}"), request, answer
        )
    _estimate_use(request, answer)
    return answer


def _read(request: ModelRequest, answer: Answer, on_text: Callable[[str], None], stop: Stop) -> None:
    if stop.asked.is_set():
        raise CallFailed("cancelled")
    arguments: dict[str, Any] = {
        "model": request.model.id,
        "system": request.system,
        "messages": request.messages,
        "max_tokens": request.max_tokens,
        "stream": True,
    }
    if request.tools:
        arguments["tools"] = request.tools
    stream = client().messages.create(**arguments)
    partial: dict[int, str] = {}
    try:
        stop.closing(stream.close)
        for event in stream:
            _take(event, answer, partial, on_text)
    finally:
        stop.closing(None)
        stream.close()
    if stop.asked.is_set():
        raise _with_use(CallFailed("cancelled"), request, answer)
    if not answer.stop_reason:
        raise _with_use(CallFailed("cut", "the stream ended early", retryable=True), request, answer)


def _take(event: Any, answer: Answer, partial: dict[int, str], on_text: Callable[[str], None]) -> None:
    """Adds one event of the stream to the answer."""
    if event.type == "message_start":
        answer.model = event.message.model
        answer.input_tokens = getattr(event.message.usage, "input_tokens", None)
    elif event.type == "content_block_start":
        block = event.content_block
        known: dict[str, Any] = {"type": "text", "text": ""}
        if block.type == "tool_use":
            known = {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
            partial[event.index] = ""
        answer.content.append(known)
    elif event.type == "content_block_delta":
        if event.delta.type == "text_delta":
            answer.content[-1]["text"] += event.delta.text
            on_text(event.delta.text)
        elif event.delta.type == "input_json_delta":
            partial[event.index] += event.delta.partial_json
    elif event.type == "content_block_stop" and event.index in partial:
        answer.content[-1]["input"] = json.loads(partial.pop(event.index) or "{}")
    elif event.type == "message_delta":
        answer.stop_reason = event.delta.stop_reason or answer.stop_reason
        answer.output_tokens = getattr(event.usage, "output_tokens", None)


def _failure(error: Exception, request: ModelRequest, answer: Answer, stop: Stop) -> CallFailed:
    """Our word for an exception of the client."""
    import anthropic

    began = bool(answer.model)
    if stop.asked.is_set():
        failure = CallFailed("cancelled")
    elif isinstance(error, anthropic.APITimeoutError):
        failure = CallFailed("timeout", retryable=not began)
    elif isinstance(error, anthropic.APIStatusError):
        failure = _status_failure(error)
    elif isinstance(error, anthropic.APIConnectionError):
        failure = CallFailed("cut" if began else "unreachable", str(error), retryable=True)
    elif isinstance(error, ValueError):
        failure = CallFailed("malformed", "the answer is not valid", retryable=True)
    else:
        failure = CallFailed("cut", repr(error), retryable=True)
    return _with_use(failure, request, answer) if began else failure


def _status_failure(error: Any) -> CallFailed:
    status, kind = error.status_code, _kind(error)
    if status == 429 or kind == "rate_limit_error":
        return CallFailed("rate_limited", retryable=True, retry_after=_seconds(error))
    if kind == "overloaded_error" or status == 529:
        return CallFailed("overloaded", retryable=True, retry_after=_seconds(error))
    if status >= 500 or status in RETRYABLE_STATUS or kind == "api_error":
        return CallFailed("provider_error", str(status), retryable=True)
    return CallFailed("refused", f"{status} {kind}")


def _kind(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    return inner.get("type", "") if isinstance(inner, dict) else ""


def _seconds(error: Any) -> float | None:
    value = error.response.headers.get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None


def _with_use(failure: CallFailed, request: ModelRequest, answer: Answer) -> CallFailed:
    """A call that began is never free: its input, and what it produced."""
    _estimate_use(request, answer)
    failure.input_tokens, failure.output_tokens = answer.input_tokens or 0, answer.output_tokens or 0
    failure.text = answer.text
    return failure


def _estimate_use(request: ModelRequest, answer: Answer) -> None:
    """Fills usage the provider did not report, from the bytes, and says so."""
    if answer.input_tokens is None:
        answer.input_tokens, answer.usage_estimated = -(-request.bytes() // BYTES_PER_TOKEN), True
    if answer.output_tokens is None:
        produced = len(json.dumps(answer.content, ensure_ascii=False).encode()) if answer.content else 0
        answer.output_tokens, answer.usage_estimated = -(-produced // BYTES_PER_TOKEN), True
