"""An answer on the Anthropic wire, whole or as events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from agents.gateway.openai_answer import told
from agents.llm.completing.asking import Done
from agents.llm.completing.relaying import Encode, Event, Words
from governance.errors import GovernanceError

Json = dict[str, Any]
STOPS = frozenset({"end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "pause_turn"})


def whole(done: Done) -> Json:
    """A `message`; `chenu` says who answered and what it cost."""
    head = _message(f"msg_{done.attempts[0].pk.hex}", done.attempt.model, done.content)
    return {**head, "stop_reason": stop_of(done), "usage": usage(done), "chenu": told(done)}


def _message(name: str, model: str, content: list[Json]) -> Json:
    return {
        "id": name,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


def stop_of(done: Done) -> str:
    return done.answer.stop_reason if done.answer.stop_reason in STOPS else "end_turn"


def usage(done: Done) -> Json:
    return {"input_tokens": done.attempt.input_tokens, "output_tokens": done.attempt.output_tokens}


class Events:
    """The events of one message: blocks numbered, each opened and closed."""

    def __init__(self, name: str, error: Callable[[GovernanceError], Json]) -> None:
        self.name, self.error = name, error
        self.begun = self.open = False
        self.place = 0

    def __call__(self, event: Event) -> Iterator[bytes]:
        if isinstance(event, Words):
            yield from self._begin(event.model)
            if not self.open:
                self.open = True
                yield self._block({"type": "text", "text": ""})
            yield self._delta({"type": "text_delta", "text": event.text})
        elif isinstance(event, Done):
            yield from self._begin(event.attempt.model)
            yield from self._end(event)
        else:
            yield _event("error", self.error(event))

    def _begin(self, model: str) -> Iterator[bytes]:
        if not self.begun:
            self.begun = True
            yield _event("message_start", {"message": _message(f"msg_{self.name}", model, [])})

    def _end(self, done: Done) -> Iterator[bytes]:
        yield from self._close()
        for block in done.content:
            if block["type"] == "tool_use":
                yield self._block({**block, "input": {}})
                self.open = True
                written = orjson.dumps(block["input"]).decode()
                yield self._delta({"type": "input_json_delta", "partial_json": written})
                yield from self._close()
        delta = {"stop_reason": stop_of(done), "stop_sequence": None}
        yield _event("message_delta", {"delta": delta, "usage": usage(done), "chenu": told(done)})
        yield _event("message_stop", {})

    def _block(self, block: Json) -> bytes:
        return _event("content_block_start", {"index": self.place, "content_block": block})

    def _delta(self, delta: Json) -> bytes:
        return _event("content_block_delta", {"index": self.place, "delta": delta})

    def _close(self) -> Iterator[bytes]:
        if self.open:
            yield _event("content_block_stop", {"index": self.place})
            self.open = False
            self.place += 1


def events(name: str, error: Callable[[GovernanceError], Json]) -> Encode:
    return Events(name, error)


def _event(kind: str, data: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **data}))
