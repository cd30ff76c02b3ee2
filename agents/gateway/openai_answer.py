"""An answer on the OpenAI wire, whole or in chunks. Pure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from agents.llm.completing.asking import Done
from agents.llm.completing.relaying import Encode, Event, Words
from governance.errors import GovernanceError

Json = dict[str, Any]
STOPS = {"max_tokens": "length", "tool_use": "tool_calls", "refusal": "content_filter"}


def whole(done: Done) -> Json:
    """`chat.completion`; `chenu` says who answered and what it cost."""
    message: Json = {"role": "assistant", "content": done.answer.text or None, "refusal": None}
    if calls := calls_of(done):
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": stop_of(done), "logprobs": None}
    head = {"id": f"chatcmpl-{done.attempts[0].pk.hex}", "object": "chat.completion", "created": int(time.time())}
    return {**head, "model": done.attempt.model, "choices": [choice], "usage": usage(done), "chenu": told(done)}


def told(done: Done) -> Json:
    last = done.attempt
    return {
        "provider": last.provider,
        "attempt": str(last.pk),
        "credits": done.credits,
        "cost_pico_usd": done.pico_usd,
        "decision": str(done.decision.pk) if done.decision else None,
    }


def calls_of(done: Done) -> list[Json]:
    return [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"], ensure_ascii=False)},
        }
        for block in done.content
        if block["type"] == "tool_use"
    ]


def stop_of(done: Done) -> str:
    return STOPS.get(done.answer.stop_reason, "stop")


def usage(done: Done) -> Json:
    asked, made = done.attempt.input_tokens, done.attempt.output_tokens
    return {"prompt_tokens": asked, "completion_tokens": made, "total_tokens": asked + made}


def chunks(name: str, *, with_usage: bool, error: Callable[[GovernanceError], Json]) -> Encode:
    """Server-sent chunks, ended by `[DONE]`; an error ends them, too. `name`: the id of the whole."""
    created, state = int(time.time()), {"model": "", "begun": False}

    def chunk(delta: Json, stop: str | None = None, **more: Any) -> bytes:
        choices = [{"index": 0, "delta": delta, "finish_reason": stop, "logprobs": None}]
        head = {"id": f"chatcmpl-{name}", "object": "chat.completion.chunk", "created": created}
        return _data({**head, "model": state["model"], "choices": choices, **more})

    def begin(model: str) -> Iterator[bytes]:
        if not state["begun"]:
            state.update(model=model, begun=True)
            yield chunk({"role": "assistant", "content": ""})

    def encode(event: Event) -> Iterator[bytes]:
        if isinstance(event, Words):
            yield from begin(event.model)
            yield chunk({"content": event.text})
        elif isinstance(event, Done):
            yield from begin(event.attempt.model)
            for place, call in enumerate(calls_of(event)):
                yield chunk({"tool_calls": [{"index": place, **call}]})
            yield chunk({}, stop_of(event), chenu=told(event))
            if with_usage:
                yield _last(name, created, event)
            yield b"data: [DONE]\n\n"
        else:
            yield _data(error(event))

    return encode


def _last(name: str, created: int, done: Done) -> bytes:
    head = {"id": f"chatcmpl-{name}", "object": "chat.completion.chunk", "created": created}
    return _data({**head, "model": done.attempt.model, "choices": [], "usage": usage(done)})


def _data(value: Json) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
