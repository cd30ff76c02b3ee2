"""The OpenAI wire as its maintained client meets it: whole answers, streams, tools, errors, models, vectors, words."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

TOOL = {
    "type": "function",
    "function": {
        "name": "note__keep",
        "description": "Keep a note",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}


@pytest.fixture
def speaks(simulator_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{simulator_url}/v1", api_key="x", max_retries=0, timeout=10) as found:
        yield found


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-6-sol", "messages": [{"role": "user", "content": text}], **more}


def test_a_whole_answer(speaks: openai.OpenAI) -> None:
    answer = speaks.chat.completions.create(**asked("#sim text Bonjour à vous"))
    [choice] = answer.choices
    assert (choice.message.content, choice.finish_reason, answer.model) == ("Bonjour à vous", "stop", "gpt-6-sol")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4 + 7, 4)


def test_both_wires_say_the_same_of_the_same_words(speaks: openai.OpenAI, client: Any, question: Any) -> None:
    text = "<context><fragment id='a' n='1'>Le loyer est de 900 $.</fragment></context> Quel est le loyer ?"
    said = speaks.chat.completions.create(**asked(text)).choices[0].message.content
    assert said == client.messages.create(**question(text)).content[0].text
    assert "900" in str(said)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_stream_tells_its_usage_when_it_is_asked_to(speaks: openai.OpenAI, wanted: bool) -> None:
    more = {"stream_options": {"include_usage": True}} if wanted else {}
    chunks = list(speaks.chat.completions.create(**asked("#sim long 24"), stream=True, **more))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert len(text.split()) == 24
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - wanted) + [True] * wanted


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_and_answered(speaks: openai.OpenAI, stream: bool) -> None:
    order = 'Garde une note\n#sim tool note__keep {"title": "été"}\n#sim text fini'
    if stream:
        with speaks.chat.completions.stream(**asked(order, tools=[TOOL])) as opened:
            answer: Any = opened.get_final_completion()
    else:
        answer = speaks.chat.completions.create(**asked(order, tools=[TOOL]))
    [choice] = answer.choices
    [call] = choice.message.tool_calls
    assert (choice.finish_reason, call.function.name) == ("tool_calls", "note__keep")
    assert json.loads(call.function.arguments) == {"title": "été"}
    turns = [
        {"role": "user", "content": order},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": "note__keep", "arguments": '{"title": "été"}'}}]},
        {"role": "tool", "tool_call_id": call.id, "content": "ok"},
    ]  # fmt: skip
    answer = speaks.chat.completions.create(model="gpt-6-sol", messages=turns, tools=[TOOL])
    assert answer.choices[0].message.content == "fini"


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_an_ordered_error_is_the_client_s_own_exception(speaks: openai.OpenAI, status: int, raised: Any) -> None:
    with pytest.raises(raised) as caught:
        speaks.chat.completions.create(**asked(f"#sim error {status}"))
    assert caught.value.status_code == status
    assert caught.value.request_id.startswith("req_sim")
    assert caught.value.response.headers.get("retry-after") == ("1" if status == 429 else None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"model": ""},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"messages": [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "a", "content": "x"}]},
        {"messages": [{"role": "assistant", "content": None}]},
        {"tools": [{"type": "function"}]},
        {"tool_choice": "auto"},
        {"tools": [TOOL], "tool_choice": "always"},
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}},
        {"max_tokens": 0},
        {"stream_options": {"include_usage": True}},
        {"stop": 7},
    ],
)
def test_what_is_no_request_is_refused(speaks: openai.OpenAI, wrong: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        speaks.chat.completions.create(**{**asked("x"), **wrong})


def test_calls_without_results_are_refused(speaks: openai.OpenAI) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "note__keep", "arguments": "{}"}}
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    for rest in ([], [{"role": "user", "content": "and?"}]):
        with pytest.raises(openai.BadRequestError, match="did not have response messages"):
            speaks.chat.completions.create(model="m", messages=[*turns, *rest])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings", "/p/openai/v1/chat/completions"])
def test_without_a_key_nothing_answers(raw: Any, path: str) -> None:
    status, _, body = raw.call("POST", path, b"{}", headers={})
    assert status == 401
    assert json.loads(body)["error"]["code"] == "invalid_api_key"


def test_a_local_server_needs_no_key(raw: Any) -> None:
    body = asked("#sim text a", max_tokens=10)
    assert raw.call("POST", "/p/ollama/v1/chat/completions", body, headers={})[0] == 200


def test_models_are_listed_as_the_caller_s_wire_has_them(
    speaks: openai.OpenAI, client: Any, simulator_url: str
) -> None:
    assert "gpt-6-sol" in {model.id for model in speaks.models.list()}
    assert {model.id for model in client.models.list()} >= {"claude-sonnet-5-5"}
    groq = speaks.with_options(base_url=f"{simulator_url}/p/groq/v1")
    assert {model.owned_by for model in groq.models.list()} == {"groq"}
    with pytest.raises(openai.NotFoundError):
        speaks.with_options(base_url=f"{simulator_url}/p/cohere/v1").models.list()  # it has no such page
    with pytest.raises(openai.NotFoundError):
        speaks.with_options(base_url=f"{simulator_url}/p/nobody/v1").models.list()


def test_vectors_are_equal_for_equal_words(speaks: openai.OpenAI) -> None:
    found = speaks.embeddings.create(model="m", input=["a", "b", "a"], encoding_format="float")
    first, second, third = (row.embedding for row in found.data)
    assert first == third != second
    with pytest.raises(openai.BadRequestError):
        speaks.embeddings.create(model="m", input=[], encoding_format="float")


def test_a_recording_is_answered(speaks: openai.OpenAI) -> None:
    sound = io.BytesIO(b"x" * 40_000)
    said = speaks.audio.transcriptions.create(model="whisper-1", file=("a.mp3", sound), prompt="#sim text Bonjour")
    assert said.text == "Bonjour"
    with pytest.raises(openai.BadRequestError):
        speaks.audio.transcriptions.create(model="whisper-1", file=("a.mp3", b""))
