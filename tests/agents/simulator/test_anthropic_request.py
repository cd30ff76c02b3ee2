"""Every check of the body, through HTTP: the message names the field."""

from __future__ import annotations

import pytest

USER = {"role": "user", "content": "Bonjour"}
USE = {"type": "tool_use", "id": "t1", "name": "a", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}
SCHEMA = {"type": "object"}


def body(**changes):
    whole = {"model": "m", "max_tokens": 5, "messages": [USER]} | changes
    return {key: value for key, value in whole.items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"model": ...}, "model: Field required"),
        ({"model": 3}, "model: Input should be a valid string"),
        ({"model": ""}, "model: "),
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens: must be greater than or equal to 1"),
        ({"max_tokens": "5"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"messages": ...}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message"),
        ({"messages": "x"}, "messages: Input should be a valid list"),
        ({"messages": [3]}, "messages.0: "),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role: "),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0.content: "),
        ({"messages": [{"role": "user", "content": " "}]}, "messages.0.content.0.text: "),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages.0.content.0: "),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages.0.content.0.type: "),
        ({"messages": [{"role": "user", "content": [USE]}]}, "messages.0.content.0.type: "),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages: first message must use"),
        ({"messages": [USER, {"role": "assistant", "content": [USE]}]}, "messages.1: `tool_use`"),
        ({"messages": [USER, {"role": "assistant", "content": [USE]}, USER]}, "messages.1: `tool_use` ids"),
        (
            {"messages": [{"role": "user", "content": [RESULT]}]},
            "messages.0.content.0: unexpected `tool_use_id`",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": [USE, USE]}]},
            "messages.1.content.1.id: `tool_use` ids must be unique",
        ),
        (
            {"tools": [{"name": "a.b", "input_schema": SCHEMA}]},
            "tools.0.custom.name: String should match pattern",
        ),
        ({"tools": [{"name": "a" * 65, "input_schema": SCHEMA}]}, "tools.0.custom.name: "),
        ({"tools": [{"name": "a"}]}, "tools.0.custom.input_schema: Field required"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "tools.0.custom.input_schema.type: "),
        ({"tools": [{"name": "a", "input_schema": SCHEMA}] * 2}, "tools: Tool names must be unique."),
        ({"tool_choice": {"type": "any"}}, "tool_choice: "),
        ({"tool_choice": {"type": "tool", "name": "z"}}, "tool_choice.name: Tool 'z' not found"),
        ({"tool_choice": {"type": "maybe"}}, "tool_choice.type: "),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content: "),
        (
            {"messages": [USER, {"role": "assistant", "content": [USE | {"name": "a.b"}]}]},
            "messages.1.content.0.name: String should match pattern",
        ),
        ({"tools": [3]}, "tools.0: Input should be a valid dictionary"),
        ({"tool_choice": "auto"}, "tool_choice: Input should be a valid dictionary"),
        ({"system": 3}, "system: "),
        ({"system": ["x"]}, "system.0: Input should be a valid dictionary"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stop_sequences": [3]}, "stop_sequences.0: "),
    ],
)
def test_a_bad_field_is_named(raw, changes, begins):
    error = raw.refusal(body(**changes))
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(begins)


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_what_is_not_json_is_refused(raw, sent):
    assert raw.refusal(sent)["message"].startswith("The request body is not valid JSON: ")


def test_json_that_is_no_object_is_refused(raw):
    assert raw.refusal(b"[1]")["message"] == "body: Input should be a valid dictionary"


def test_a_result_must_answer_the_message_just_before(raw):
    messages = [
        USER,
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [RESULT]},
        {"role": "assistant", "content": "fini"},
        {"role": "user", "content": [RESULT]},
    ]
    assert raw.refusal(body(messages=messages))["message"].startswith("messages.4.content.0: unexpected")
    assert raw.call("POST", "/v1/messages", body(messages=messages[:3]))[0] == 200


def test_counting_needs_no_max_tokens_but_checks_the_rest(raw):
    assert raw.call("POST", "/v1/messages/count_tokens", body(max_tokens=...))[0] == 200
    refused = raw.refusal(body(max_tokens=..., model=...), "/v1/messages/count_tokens")
    assert refused["message"] == "model: Field required"


def test_images_thinking_and_the_provider_s_own_tools_are_accepted(raw):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
    messages = [
        {"role": "user", "content": [image, {"type": "text", "text": "#sim text vu"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "…", "signature": "s"}]},
    ]
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    assert raw.call("POST", "/v1/messages", body(messages=messages, tools=tools))[0] == 200


def test_an_unknown_order_is_refused_with_its_words(raw):
    refused = raw.refusal(body(messages=[{"role": "user", "content": "#sim dance"}]))
    assert refused == {"type": "invalid_request_error", "message": "#sim dance: not understood"}
