"""The official clients, unmodified, against a running installation: none knows that it is not its provider."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from typing import Any

import anthropic
import openai
import pytest

from tests.agents.gateway.conftest import Caller
from tests.ground import ROOT

pytestmark = [pytest.mark.e2e]
CLAUDE, GPT = "claude-sonnet-5-5", "auto"
# Whom nobody else here asks: a provider that failed three times is not called for a while.
BROKEN = ("mistral/mistral-medium-3-5", "xai/grok-4.3", "cohere/command-a-03-2025", "moonshot/kimi-k3.1-pro",
    "google/gemini-3.8-flash")  # fmt: skip
LONG = "mot " * 22_000
OPENAI_TOOL: Any = {
    "type": "function",
    "function": {"name": "note", "description": "Keeps", "parameters": {"type": "object", "properties": {}}},
}
ANTHROPIC_TOOL: Any = {"name": "note", "description": "Keeps", "input_schema": {"type": "object", "properties": {}}}
ORDER = '#sim tool note {"title": "Semis"}\n#sim text Noté.'


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


def chat(caller: Caller, text: str, **more: Any) -> Any:
    return caller.openai().chat.completions.create(**({"model": GPT, "messages": said(text)} | more))


def message(caller: Caller, text: str, **more: Any) -> Any:
    return caller.anthropic().messages.create(**({"model": GPT, "max_tokens": 500, "messages": said(text)} | more))


# --- OpenAI -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [GPT, CLAUDE, f"anthropic/{CLAUDE}"])
def test_openai_chats(caller: Caller, model: str) -> None:
    answer = chat(caller, "#sim text Bonjour, Zoé.", model=model)
    assert answer.choices[0].message.content == "Bonjour, Zoé."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert model == GPT or answer.model == CLAUDE
    [row] = caller.settled()
    assert row["pico_usd"] == answer.chenu["cost_pico_usd"] > 0


def test_openai_streams_as_it_comes(caller: Caller) -> None:
    began = time.monotonic()
    stream = chat(
        caller, "#sim pace 20ms\n#sim long 60", model=CLAUDE, stream=True, stream_options={"include_usage": True}
    )
    chunks = [(time.monotonic() - began, chunk) for chunk in stream]
    words = [
        (at, each.choices[0].delta.content) for at, each in chunks if each.choices and each.choices[0].delta.content
    ]
    assert len(words) > 5
    assert words[-1][0] - words[0][0] > 0.1  # they were not held back
    assert chunks[-1][1].usage.completion_tokens > 0
    assert next(each.choices[0].finish_reason for _at, each in reversed(chunks) if each.choices) == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_openai_calls_tools(caller: Caller, stream: bool) -> None:
    client = caller.openai()
    turns = said(ORDER)
    if stream:
        with client.chat.completions.stream(model=GPT, messages=turns, tools=[OPENAI_TOOL]) as events:
            made = events.until_done().get_final_completion()
    else:
        made = client.chat.completions.create(model=GPT, messages=turns, tools=[OPENAI_TOOL])
    assert made.choices[0].finish_reason == "tool_calls"
    [asked] = made.choices[0].message.tool_calls
    assert (asked.function.name, asked.function.arguments) == ("note", '{"title": "Semis"}')
    result = {"role": "tool", "tool_call_id": asked.id, "content": "fait"}
    turns = [*turns, made.choices[0].message.model_dump(exclude_none=True, exclude={"parsed"}), result]
    for each in turns[1].get("tool_calls", ()):
        each["function"].pop("parsed_arguments", None)
    ended = client.chat.completions.create(model=GPT, messages=turns, tools=[OPENAI_TOOL])
    assert ended.choices[0].message.content == "Noté."


@pytest.mark.parametrize("stream", [False, True])
def test_openai_is_told_of_a_failure_before_the_answer(caller: Caller, stream: bool) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        chat(caller, "#sim error 500", model=BROKEN[stream], stream=stream)
    assert raised.value.status_code == 502
    assert raised.value.body["code"] == "model_failed"
    assert caller.settled() == [] or all(row["pico_usd"] == 0 for row in caller.settled())


def test_openai_is_told_of_a_failure_within_the_answer(caller: Caller) -> None:
    with pytest.raises(openai.APIError, match=r"."):
        list(chat(caller, "#sim long 200\n#sim cut", model=BROKEN[2], stream=True))
    assert [row["pico_usd"] > 0 for row in caller.settled()] == [True]


def test_openai_is_asked_to_wait_for_a_person_and_then_passes_once(caller: Caller) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        chat(caller, LONG)
    assert raised.value.status_code == 423
    told: Any = raised.value.body
    assert told["type"] == "checkpoint_required"
    assert told["checkpoint"]["page"] == f"{caller.url}/approvals/{told['checkpoint']['id']}/"
    caller.approve(told["checkpoint"]["id"])
    assert chat(caller, LONG).choices[0].message.content
    with pytest.raises(openai.APIStatusError) as again:
        chat(caller, LONG)
    assert again.value.body["checkpoint"]["id"] != told["checkpoint"]["id"]  # type: ignore[index, call-overload]
    assert len(caller.settled()) == 1


def test_one_s_approval_is_not_another_s(caller: Caller, other: Caller) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        chat(caller, LONG)
    caller.approve(raised.value.body["checkpoint"]["id"])  # type: ignore[index, call-overload]
    with pytest.raises(openai.APIStatusError) as others:
        chat(other, LONG)
    assert others.value.status_code == 423
    assert other.settled() == []


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "image_url"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"messages": []}, "messages"),
    ],
)
def test_openai_is_refused_what_is_not_done(caller: Caller, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        chat(caller, "Bonjour", **more)
    assert param in raised.value.body["param"]  # type: ignore[index, call-overload]
    assert caller.settled() == []


def test_openai_is_told_that_there_is_no_such_model(caller: Caller) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        chat(caller, "Bonjour", model="nobody-9")
    assert raised.value.code == "model_not_found"


def test_wrong_tokens_and_scopes_are_refused(caller: Caller) -> None:
    for client in (caller.openai("chenu_wrong"), caller.openai("sk-nothing")):
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model=GPT, messages=said("Bonjour"))
    with pytest.raises(anthropic.AuthenticationError):
        caller.anthropic("chenu_wrong").messages.create(model=GPT, max_tokens=9, messages=said("Bonjour"))
    narrow = caller.token_for("threads:read")
    with pytest.raises(openai.PermissionDeniedError) as raised:
        caller.openai(narrow).chat.completions.create(model=GPT, messages=said("Bonjour"))
    assert raised.value.code == "insufficient_scope"
    with pytest.raises(anthropic.PermissionDeniedError):
        caller.anthropic(narrow).messages.create(model=GPT, max_tokens=9, messages=said("Bonjour"))
    with pytest.raises(openai.PermissionDeniedError):
        caller.openai(narrow).models.list()


# --- Anthropic ----------------------------------------------------------------------------------------------


def test_anthropic_chats(caller: Caller) -> None:
    answer = message(caller, "#sim text Bonjour, Zoé.", model=CLAUDE, system=[{"type": "text", "text": "Sois bref."}])
    assert [block.text for block in answer.content] == ["Bonjour, Zoé."]
    assert (answer.stop_reason, answer.model) == ("end_turn", CLAUDE)
    assert answer.usage.input_tokens > 0
    [row] = caller.settled()
    assert row["pico_usd"] == answer.chenu["cost_pico_usd"]


def test_anthropic_streams(caller: Caller) -> None:
    with caller.anthropic().messages.stream(
        model=GPT, max_tokens=500, messages=said("#sim pace 5ms\n#sim long 60")
    ) as stream:
        words = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(words) > 5
    assert final.content[0].text == "".join(words)  # type: ignore[union-attr]
    assert final.stop_reason == "end_turn"
    assert final.usage.input_tokens > 0


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_calls_tools(caller: Caller, stream: bool) -> None:
    client = caller.anthropic()
    asked: Any = {"model": CLAUDE, "max_tokens": 500, "tools": [ANTHROPIC_TOOL]}
    if stream:
        with client.messages.stream(messages=said(ORDER), **asked) as events:
            made = events.get_final_message()
    else:
        made = client.messages.create(messages=said(ORDER), **asked)
    assert made.stop_reason == "tool_use"
    call = next(block for block in made.content if block.type == "tool_use")
    assert (call.name, call.input) == ("note", {"title": "Semis"})
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "fait"}]}
    said_back = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}]
    turns: Any = [*said(ORDER), {"role": "assistant", "content": said_back}, {"role": "user", "content": [result]}]
    ended = client.messages.create(messages=turns, **asked)
    assert ended.content[0].text == "Noté."


def test_anthropic_is_told_of_failures_and_of_a_person_to_wait_for(caller: Caller) -> None:
    with pytest.raises(anthropic.APIStatusError) as failed:
        message(caller, "#sim error 500", model=BROKEN[3])
    assert failed.value.status_code == 502
    with pytest.raises(anthropic.APIStatusError):
        list(message(caller, "#sim long 200\n#sim cut", model=BROKEN[4], stream=True))
    with pytest.raises(anthropic.APIStatusError) as raised:
        message(caller, LONG)
    assert raised.value.status_code == 423
    told: Any = raised.value.body
    assert (told["type"], told["error"]["code"]) == ("error", "checkpoint_required")
    caller.approve(told["error"]["checkpoint"]["id"])
    assert message(caller, LONG).content


def test_anthropic_is_refused_what_is_not_done(caller: Caller) -> None:
    picture: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
    for more in (
        {"messages": [{"role": "user", "content": [picture]}]},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    ):
        with pytest.raises(anthropic.BadRequestError):
            message(caller, "Bonjour", **more)


# --- both ---------------------------------------------------------------------------------------------------


def test_models_are_listed_in_both_shapes(caller: Caller) -> None:
    ids = {row.id for row in caller.openai().models.list()}
    assert {"auto", CLAUDE} <= ids
    assert ids == {row.id for row in caller.anthropic().models.list()}
    assert not any("embed" in name for name in ids)


def test_whoever_hangs_up_cancels_the_call_and_pays_what_was_said(caller: Caller) -> None:
    stream = chat(caller, "#sim pace 50ms\n#sim long 2000", model=CLAUDE, stream=True)
    for _place, _chunk in zip(range(3), stream, strict=False):
        pass
    stream.close()
    end = time.monotonic() + 20
    while not caller.settled() and time.monotonic() < end:
        time.sleep(0.1)
    [row] = caller.settled()
    assert row["pico_usd"] > 0


def test_the_balance_is_the_sum_of_what_was_settled(caller: Caller) -> None:
    chat(caller, "#sim text Un")
    message(caller, "#sim text Deux")
    list(chat(caller, "#sim text Trois", stream=True))
    rows = caller.settled()
    assert len(rows) == 3
    [account] = [each for each in caller.api("GET", "governance/budgets/")["results"] if each["kind"] == "identity"]
    assert account["held_pico_usd"] == 0
    assert account["spent_pico_usd"] == sum(row["pico_usd"] for row in rows)


def test_the_lines_of_the_readme_work(caller: Caller) -> None:
    text = (ROOT / "README.md").read_text().split("## Use it from any client", 1)[1]
    script = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert script is not None
    exec(script[1].replace("http://127.0.0.1:8000", caller.url).replace("chenu_…", caller.token), {})
    assert len(caller.settled()) == 2


def test_our_own_stream_ends_with_the_whole(caller: Caller) -> None:
    body = {"messages": said("#sim text Bonjour, Zoé."), "model": CLAUDE, "stream": True}
    request = urllib.request.Request(
        f"{caller.url}/api/v2/llm/complete/",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        events = re.findall(r"event: (\w+)\ndata: (.*)\n", answer.read().decode())
    assert {name for name, _data in events[:-1]} == {"text"}
    assert "".join(json.loads(data)["text"] for _name, data in events[:-1]) == "Bonjour, Zoé."
    name, told = events[-1][0], json.loads(events[-1][1])
    assert (name, told["text"], told["model"]) == ("done", "Bonjour, Zoé.", CLAUDE)


def test_a_token_speaks_for_its_own_identity_only(caller: Caller, other: Caller) -> None:
    [theirs] = other.api("GET", "auth/identities/")["results"]
    client = caller.openai(default_headers={"X-Identity-ID": theirs["id"]})
    with pytest.raises(openai.PermissionDeniedError) as raised:
        client.chat.completions.create(model=GPT, messages=said("Bonjour"))
    assert raised.value.code == "identity_boundary_violation"
    assert caller.settled() == other.settled() == []
