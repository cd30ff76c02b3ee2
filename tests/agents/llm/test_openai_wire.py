"""What providers send that no specification has: each is understood or refused, and none is a surprise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agents.llm.catalogue import model_facts, provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import Answer, Endpoint, ModelRequest, Patience, Stop
from agents.llm.facts import ModelFacts
from agents.llm.openai_form import body_of
from agents.llm.openai_wire import events_of, reported
from agents.llm.wires import send
from tests.agents.llm.listener import WHOLE, Listener, listening

ROWS = {row["id"]: row for row in shipped()[0]["providers"]}
TOOL = {"name": "keep", "description": "", "input_schema": {"type": "object", "properties": {}}}
ENDED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def facts(provider: str = "openai", **more: Any) -> ModelFacts:
    row = ROWS[provider]
    found = next(each for each in row["models"] if each["id"] == row["default_model"])
    return replace(model_facts(row, found, "test"), **more)


def request(provider: str = "openai", **more: Any) -> ModelRequest:
    said = [{"role": "user", "content": "hello"}]
    return ModelRequest(
        **{"model": facts(provider), "system": "", "messages": said, "tools": [], "max_tokens": 100, **more}
    )


def call(listener: Listener, *chunks: Any, provider: str = "openai", done: bool = True, **more: Any) -> Answer:
    """What is made of these chunks; strings and bytes go as they are."""
    lines = [each if isinstance(each, bytes) else f"data: {json.dumps(each)}\n\n".encode() for each in chunks]
    listener.headers["Content-Type"] = "text/event-stream"
    listener.body = b"".join([*lines, b"data: [DONE]\n\n" if done else b""])
    endpoint = Endpoint(provider_facts(ROWS[provider]), f"{listener.url}/v1", "key", named=True)
    patience = Patience(connect=2, read=2, total=5)
    return send(endpoint, request(provider, **more), lambda _: None, Stop(), patience)


def failure(listener: Listener, *chunks: Any, **more: Any) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        call(listener, *chunks, **more)
    return failed.value


def delta(**values: Any) -> dict[str, Any]:
    return {"model": "gpt-6-sol", "choices": [{"index": 0, "delta": values, "finish_reason": None}]}


def part(name: str = "", arguments: Any = "", **more: Any) -> dict[str, Any]:
    function = {**({"name": name} if name else {}), "arguments": arguments}
    return delta(tool_calls=[{"function": function, **more}])


def test_an_answer_that_comes_whole_is_understood(listener: Listener) -> None:
    endpoint = Endpoint(provider_facts(ROWS["openai"]), f"{listener.url}/v1", "key", named=True)
    heard: list[str] = []
    answer = send(endpoint, request(), heard.append, Stop())
    assert (answer.text, heard, answer.input_tokens, answer.output_tokens) == ("hello", ["hello"], 3, 1)
    assert WHOLE["model"] == answer.model


@pytest.mark.parametrize(
    "parts",
    [
        [part("keep", '{"a"', index=0, id="x"), part("", ": 1}", index=0)],
        [part("keep", '{"a"', id="x"), part("", ": 1}")],  # no index
        [part("keep", {"a": 1}, index=0, id="x")],  # an object, not its text
        [part("keep", '{"a": 1}', index=0)],  # no id
        [part("keep", '{"a": 1}', index=0, id="x"), part("", None, index=0, id="x")],
    ],
)
def test_a_call_of_a_tool_is_put_together_however_it_comes(listener: Listener, parts: list[Any]) -> None:
    answer = call(listener, *parts, ENDED, tools=[TOOL])
    [made] = answer.tool_calls
    assert (made["name"], made["input"], answer.stop_reason) == ("keep", {"a": 1}, "tool_use")
    assert made["id"]


def test_calls_that_share_an_index_are_two(listener: Listener) -> None:
    answer = call(listener, part("a", "{}", index=0, id="x"), part("b", "{}", index=0, id="y"), ENDED, tools=[TOOL])
    assert [(each["id"], each["name"]) for each in answer.tool_calls] == [("x", "a"), ("y", "b")]


@pytest.mark.parametrize("written", ['{"a"', "[1]", "null", '"text"', "nan"])
def test_arguments_that_are_none_void_the_answer(listener: Listener, written: str) -> None:
    assert failure(listener, part("keep", written, index=0, id="x"), ENDED, tools=[TOOL]).code == "malformed"


def test_a_call_that_breaks_off_at_the_limit_is_not_made(listener: Listener) -> None:
    ended = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}
    answer = call(listener, delta(content="Je note."), part("keep", '{"a"', index=0, id="x"), ended, tools=[TOOL])
    assert (answer.text, answer.tool_calls, answer.stop_reason) == ("Je note.", [], "max_tokens")


@pytest.mark.parametrize(
    "chunk",
    [
        b"data: nonsense\n\n", b"data: []\n\n", b"data: 1\n\n", b'data: {"choices": 3}\n\n', b"data: \xff\xfe\n\n",
        b'data: {"choices": [null]}\n\n', b'data: {"choices": [{"delta": "text"}]}\n\n', b'data: {"a": NaN}\n\n',
        b'data: {"choices": [{"delta": {"content": 7}}]}\n\n', b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"choices": [{"delta": {"tool_calls": [3]}}]}\n\n',
    ],
)  # fmt: skip
def test_what_is_no_chunk_is_malformed_and_paid_for(listener: Listener, chunk: bytes) -> None:
    failed = failure(listener, delta(content="Bon"), chunk, ENDED)
    assert (failed.code, failed.retryable, failed.text) == ("malformed", True, "Bon")
    assert failed.input_tokens


def test_an_end_that_does_not_come_is_a_cut(listener: Listener) -> None:
    assert failure(listener, delta(content="Bon"), done=False).code == "cut"
    assert failure(listener, delta(content="Bon")).code == "malformed"
    assert failure(listener, {"choices": []}).code == "malformed"


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        ({"message": "secret prompt", "code": 429}, "rate_limited", True),
        ({"message": "secret prompt", "code": 502}, "provider_error", True),
        ({"message": "secret prompt", "type": "overloaded_error"}, "overloaded", True),
        ({"message": "secret prompt", "code": "insufficient_quota"}, "refused", False),
        ({"message": "secret prompt", "code": 400}, "refused", False),
        ("secret prompt", "provider_error", True),
    ],
)
def test_an_error_inside_a_stream(listener: Listener, error: Any, code: str, retryable: bool) -> None:
    failed = failure(listener, delta(content="Bon"), {"error": error})
    assert (failed.code, failed.retryable) == (code, retryable)
    assert "secret" not in str(failed)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (10, 5, 0, False)),
        ({"total_tokens": 40}, (10, 30, 0, False)),  # thoughts left out
        ({"prompt_cache_hit_tokens": 4}, (10, 5, 4, False)),
        ({"cached_tokens": 4}, (10, 5, 4, False)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
            (10, 5, 10, False),
        ),
        ({"prompt_tokens_details": None}, (10, 5, 0, False)),
    ],
)
def test_usage_is_read_in_every_dialect(listener: Listener, more: Any, expected: Any) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, **more}
    answer = call(listener, delta(content="Bon"), ENDED, {"choices": [], "usage": usage})
    used = (answer.input_tokens, answer.output_tokens, answer.cache_read_tokens, answer.usage_estimated)
    assert used == expected


@pytest.mark.parametrize("usage", [{}, None, "many", {"prompt_tokens": -1, "completion_tokens": True}])
def test_usage_that_is_none_is_estimated(listener: Listener, usage: Any) -> None:
    answer = call(listener, delta(content="Bon"), {**ENDED, "usage": usage})
    assert answer.usage_estimated
    assert answer.input_tokens
    assert answer.output_tokens


def test_thoughts_count_although_they_are_not_kept(listener: Listener) -> None:
    short = call(listener, delta(content="Bon"), ENDED)
    long = call(listener, delta(reasoning_content="x" * 4000), delta(content="Bon"), ENDED)
    assert (long.text, [block["type"] for block in long.content]) == ("Bon", ["text"])
    assert (long.output_tokens or 0) >= (short.output_tokens or 0) + 900


def test_pieces_of_text_in_a_list_are_text(listener: Listener) -> None:
    pieces = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Bon"}]
    assert call(listener, delta(content=pieces), ENDED).text == "Bon"


@pytest.mark.parametrize(
    ("amount", "pico"),
    [("0.000123", 123_000_000), ("1.5e-7", 150_000), ("0.0000000000001", 1), ("0", 0), ("2", 2 * 10**12),
     ("0.10000000000000000001", 10**11 + 1), ("-1", None), ("true", None), ('"1"', None), ("1e9", None),
     ("null", None)],
)  # fmt: skip
def test_a_reported_price_is_exact(listener: Listener, amount: str, pico: int | None) -> None:
    told = b'data: {"choices": [], "usage": {"cost": %b}}\n\n' % amount.encode()
    assert call(listener, delta(content="Bon"), ENDED, told, provider="openrouter").reported_cost == pico


def test_a_price_that_is_not_where_it_should_be_is_none() -> None:
    assert reported({}, None, None) is None
    assert reported({"cost": 3}, "usage.cost.total", 7) == 7


def test_lines_end_where_they_end() -> None:
    stream = ': ping\r\n\r\ndata: {"a":\r\ndata: "x\u2028y\x85z"}\n\nevent: x\ndata:1\n\ndata: 2'.encode()
    whole = [b'{"a":\n"x\xe2\x80\xa8y\xc2\x85z"}', b"1", b"2"]
    assert list(events_of([stream])) == whole
    assert list(events_of(stream[at : at + 1] for at in range(len(stream)))) == whole


class TestForm:
    """What is sent."""

    def test_an_image_goes_whole_to_who_sees(self) -> None:
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
        said = [{"role": "user", "content": [{"type": "text", "text": "Quoi ?"}, image]}]
        content = body_of(request(messages=said))["messages"][0]["content"]
        assert content[1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
        with pytest.raises(CallFailed, match="no images"):
            body_of(request("cohere", messages=said))

    def test_an_image_is_never_an_address(self) -> None:
        image = {"type": "image", "source": {"type": "url", "url": "http://169.254.169.254/"}}
        with pytest.raises(CallFailed, match="never as an address"):
            body_of(request(messages=[{"role": "user", "content": [image]}]))

    def test_a_caller_changes_nothing_that_is_ours(self) -> None:
        wished = {"model": "gpt-6-astra", "stream": False, "max_tokens": 10**6, "service_tier": "priority", "n": 9}
        body = body_of(request(options=wished))
        assert (body["model"], body["stream"], body["max_completion_tokens"]) == ("gpt-6-sol", True, 100)
        assert body["service_tier"] == "default"
        assert not {"n", "max_tokens"} & set(body)

    def test_what_a_price_depends_on_cannot_be_lowered_or_raised(self) -> None:
        body = body_of(request("openrouter", options={"provider": {"allow_fallbacks": True}, "usage": {}}))
        assert body["provider"]["allow_fallbacks"] is False
        assert body["usage"] == {"include": True}

    def test_a_limit_below_the_model_s_least_is_raised_and_held(self) -> None:
        asked = request("meta", max_tokens=10)
        assert asked.output_limit == body_of(asked)["max_completion_tokens"] == 2048
