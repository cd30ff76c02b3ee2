"""One streamed call on the Anthropic wire, by its maintained client (design 5.1).

Raw events are read, so that a stream without usage, cut or malformed still tells what was produced.
"""

from __future__ import annotations

from typing import Any

from agents.llm.clients import client, timeouts
from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint, ModelRequest, Patience, Reading, arguments_of, count_of
from agents.llm.failures import kept_headers

# Options by their names on the other wire, and what they are called here.
OPTIONS = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "stop": "stop_sequences"}
COUNTS = ("cache_read_input_tokens", "cache_creation_input_tokens", "input_tokens", "output_tokens")
KEPT_WHOLE = ("redacted_thinking",)


def read(endpoint: Endpoint, request: ModelRequest, reading: Reading, patience: Patience) -> None:
    """Makes the call and reads its answer to the end."""
    body = body_of(request)
    # The client knows no names that its newest models have dropped; older models still take them.
    more = {ours: body.pop(ours) for ours in OPTIONS.values() if ours in body}
    with client(endpoint).messages.create(**body, extra_body=more, timeout=timeouts(patience)) as stream:
        prefix = endpoint.provider.quirks.get("rate_headers_prefix")
        reading.begin(kept_headers(stream.response.headers, prefix))
        if "event-stream" not in stream.response.headers.get("content-type", ""):
            raise CallFailed("malformed", "the answer is no stream", retryable=True)
        events = _Events(reading)
        for event in stream:
            events.take(event)
    events.end()


def body_of(request: ModelRequest) -> dict[str, Any]:
    """The arguments of the client's call. Raises CallFailed for what this model does not take."""
    body: dict[str, Any] = {
        "model": request.model.id,
        "messages": [_without_echoes(message) for message in request.messages],
        "max_tokens": request.output_limit,
        "stream": True,
    }
    if request.system:
        body["system"] = request.system
    if request.tools:
        body["tools"] = request.tools
    if request.tools and request.tool_choice is not None:
        if request.tool_choice.get("type") in {"any", "tool"} and not _forces(request):
            raise CallFailed("refused", "this model cannot be made to call a tool")
        body["tool_choice"] = dict(request.tool_choice)
    dropped = set(request.model.quirks.get("drop_params", ()))
    for theirs, ours in OPTIONS.items():
        value = request.options.get(theirs)
        if value is None or theirs in dropped or ours in dropped:
            continue
        body[ours] = [value] if ours == "stop_sequences" and isinstance(value, str) else value
    return body


def _forces(request: ModelRequest) -> bool:
    return bool(request.model.supports.get("forced_tool_choice", True))


def _without_echoes(message: dict[str, Any]) -> dict[str, Any]:
    """What other providers want to see again is not shown to this one."""
    content = message["content"]
    if isinstance(content, str) or all(block["type"] != "echo" for block in content):
        return message
    return {**message, "content": [block for block in content if block["type"] != "echo"]}


class _Events:
    """The events of one stream, put together."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.answer = reading, reading.answer
        self.blocks: dict[int, dict[str, Any]] = {}
        self.arguments: dict[int, list[str]] = {}
        self.broken = False

    def take(self, event: Any) -> None:
        if event.type == "message_start":
            self.reading.answered_by(event.message.model)
            self._count(getattr(event.message, "usage", None))
            self.answer.output_tokens = None  # what this event says of the output is only its beginning
        elif event.type == "content_block_start":
            self._begin(event.index, event.content_block)
        elif event.type == "content_block_delta":
            self._more(event.index, event.delta)
        elif event.type == "content_block_stop" and event.index in self.arguments:
            self._finish(event.index)
        elif event.type == "message_delta":
            self.answer.stop_reason = event.delta.stop_reason or self.answer.stop_reason
            self._count(getattr(event, "usage", None))

    def end(self) -> None:
        """The stream is over. Raises CallFailed when the answer is not."""
        if not self.answer.stop_reason:
            raise CallFailed("cut", "the stream ended early", retryable=True)
        if self.broken and self.answer.stop_reason != "max_tokens":
            raise CallFailed("malformed", "a tool call is not valid", retryable=True)

    def _begin(self, index: int, block: Any) -> None:
        if block.type == "tool_use":
            self.blocks[index] = self.reading.block(type="tool_use", id=block.id, name=block.name, input={})
            self.arguments[index] = []
        elif block.type == "thinking":
            self.blocks[index] = self.reading.block(type="thinking", thinking="", signature="")
        elif block.type in KEPT_WHOLE:
            self.blocks[index] = self.reading.block(**block.to_dict())
        else:
            self.blocks[index] = self.reading.block(type="text", text="")

    def _more(self, index: int, delta: Any) -> None:
        block = self.blocks[index]
        if delta.type == "text_delta":
            self.reading.add(block, "text", delta.text)
        elif delta.type == "input_json_delta":
            self.reading.take(delta.partial_json)
            self.arguments[index].append(delta.partial_json)
        elif delta.type == "thinking_delta":
            self.reading.add(block, "thinking", delta.thinking)
        elif delta.type == "signature_delta":
            self.reading.add(block, "signature", delta.signature)

    def _finish(self, index: int) -> None:
        """A call whose arguments broke off at the limit of the output is not made; any other makes the answer void."""
        try:
            self.blocks[index]["input"] = arguments_of("".join(self.arguments.pop(index)))
        except ValueError:
            self.broken = True
            self.answer.content.remove(self.blocks[index])

    def _count(self, usage: Any) -> None:
        """Usage comes twice: the last figure counts. The whole input includes what a cache read or wrote."""
        if usage is None:
            return
        read, written, fresh, produced = (count_of(getattr(usage, name, None)) for name in COUNTS)
        if fresh is not None:
            split = getattr(usage, "cache_creation", None)
            long = count_of(getattr(split, "ephemeral_1h_input_tokens", None)) or 0
            self.answer.cache_read_tokens = read or 0
            self.answer.cache_write_1h_tokens = min(long, written or 0)
            self.answer.cache_write_5m_tokens = (written or 0) - self.answer.cache_write_1h_tokens
            excludes = self.reading.request.model.quirks.get("usage_input_excludes_cache", True)
            self.answer.input_tokens = fresh + ((read or 0) + (written or 0) if excludes else 0)
        self.answer.output_tokens = produced if produced is not None else self.answer.output_tokens
