from __future__ import annotations

import json

import anthropic
import pytest

SEND = {
    "name": "governance__message__send",
    "description": "Send an e-mail",
    "input_schema": {
        "type": "object",
        "properties": {
            "to": {"type": "array", "items": {"type": "string", "format": "email"}},
            "subject": {"type": "string"},
            "body": {"type": "string"},
        },
        "required": ["to", "subject", "body"],
    },
}


def test_a_plain_message_comes_back_whole(client, question):
    message = client.messages.create(**question("#sim text Bonjour à vous"))
    assert (message.type, message.role, message.model) == ("message", "assistant", "claude-sonnet-5-5")
    assert [block.model_dump(exclude_none=True) for block in message.content] == [
        {"type": "text", "text": "Bonjour à vous"}
    ]
    assert message.stop_reason == "end_turn"
    assert message.stop_sequence is None
    # 4 for the message and 24 bytes ÷ 4; "Bonjour à vous" is 15 bytes, so 4 tokens
    assert message.usage.input_tokens == 4 + 7
    assert message.usage.output_tokens == 4


def test_a_stream_ends_in_the_same_message(client, question):
    asked = question("#sim long 50")
    with client.messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        streamed = stream.get_final_message()
    whole = client.messages.create(**asked)
    assert len(pieces) == 13
    assert "".join(pieces) == streamed.content[0].text == whole.content[0].text
    assert len(whole.content[0].text.split()) == 50
    assert streamed.stop_reason == whole.stop_reason == "end_turn"
    assert streamed.usage.input_tokens == whole.usage.input_tokens
    assert streamed.usage.output_tokens == whole.usage.output_tokens


def test_the_stream_has_the_documented_events_in_order(raw, question):
    _, headers, body = raw.call("POST", "/v1/messages", question("#sim text one two three four five", stream=True))
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    blocks = [block.split("\n") for block in body.decode().strip().split("\n\n")]
    events = [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]
    assert [name for name, _ in events] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert all(name == data["type"] for name, data in events)
    start = events[0][1]["message"]
    assert (start["content"], start["stop_reason"], start["usage"]["output_tokens"]) == ([], None, 1)
    assert [data["delta"]["text"] for _, data in events[3:5]] == ["one two three four ", "five"]
    assert events[6][1]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[6][1]["usage"]["output_tokens"] == 6


def test_a_tool_round_trip_streams_the_call_then_speaks_of_the_result(client):
    text = "Envoie un courriel à paul@exemple.ca pour confirmer le rendez-vous de mardi"
    messages = [{"role": "user", "content": text}]
    asked = {"model": "claude-sonnet-5-5", "max_tokens": 500, "tools": [SEND]}
    with client.messages.stream(**asked, messages=messages) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use"
    [call] = first.content
    assert (call.type, call.name) == ("tool_use", "governance__message__send")
    assert call.input == {
        "to": ["paul@exemple.ca"],
        "subject": "Confirmer le rendez-vous de mardi",
        "body": "Bonjour,\n\nJe vous écris pour confirmer le rendez-vous de mardi.\n\nCordialement,",
    }
    result = {"type": "tool_result", "tool_use_id": call.id, "content": '{"status": "sent", "recipients": 1}'}
    messages += [
        {"role": "assistant", "content": first.to_dict()["content"]},
        {"role": "user", "content": [result]},
    ]
    second = client.messages.create(**asked, messages=messages)
    assert second.stop_reason == "end_turn"
    assert second.content[0].text == "C'est fait (governance.message.send) : status : sent, recipients : 1"
    assert second.usage.input_tokens > first.usage.input_tokens


def test_two_calls_of_one_turn_have_their_own_ids_and_blocks(client, question):
    text = '#sim tool a.b {"n": 1}\n#sim tool c__d'
    with client.messages.stream(**question(text)) as stream:
        message = stream.get_final_message()
    assert [(block.name, block.input) for block in message.content] == [("a__b", {"n": 1}), ("c__d", {})]
    assert len({block.id for block in message.content}) == 2
    assert all(block.id.startswith("toolu_") for block in message.content)


def test_equal_requests_get_equal_answers(client, question):
    asked = question("Quel est le loyer ?", tools=[SEND])
    assert client.messages.create(**asked) == client.messages.create(**asked)


def test_counting_equals_the_usage_of_the_same_request(client, question):
    asked = question("Combien ? #dièse", system="Tu es précis.", tools=[SEND])
    counted = client.messages.count_tokens(**{key: value for key, value in asked.items() if key != "max_tokens"})
    assert counted.input_tokens == client.messages.create(**asked).usage.input_tokens
    without_tool = client.messages.count_tokens(model=asked["model"], messages=asked["messages"])
    # 4 for the message, 18 bytes of words
    assert without_tool.input_tokens == 4 + 5


def test_counting_never_obeys_directives(client, question):
    text = "#sim error 500"
    counted = client.messages.count_tokens(model="m", messages=[{"role": "user", "content": text}])
    assert counted.input_tokens == 8


def test_models_are_listed_and_found_one_by_one(client):
    listed = list(client.models.list())
    assert "claude-sonnet-5-5" in [model.id for model in listed]
    assert client.models.retrieve(listed[0].id) == listed[0]
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.models.retrieve("gpt-4o")
    assert caught.value.body["error"] == {"type": "not_found_error", "message": "model: gpt-4o"}


def test_the_output_limit_cuts_the_words(client, question):
    message = client.messages.create(**question("#sim long 100") | {"max_tokens": 5})
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 5
    assert message.content[0].text == "alpha bravo charlie "


def test_a_call_that_does_not_fit_is_not_made(client, question):
    message = client.messages.create(**question("#sim tool a.b {}") | {"max_tokens": 5})
    assert (message.content, message.stop_reason) == ([], "max_tokens")


def test_a_stop_sequence_ends_the_answer_before_itself(client, question):
    message = client.messages.create(**question("#sim text un END deux", stop_sequences=["deux", "END"]))
    assert (message.content[0].text, message.stop_reason, message.stop_sequence) == (
        "un ",
        "stop_sequence",
        "END",
    )


def test_a_demanded_tool_is_called_whatever_the_words(client, question):
    asked = question("Bonjour", tools=[SEND], tool_choice={"type": "tool", "name": SEND["name"]})
    message = client.messages.create(**asked)
    assert [block.name for block in message.content] == ["governance__message__send"]


def test_no_tool_is_called_when_tools_are_switched_off(client, question):
    asked = question("Envoie un courriel à a@b.ca", tools=[SEND], tool_choice={"type": "none"})
    message = client.messages.create(**asked)
    assert [block.type for block in message.content] == ["text"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-api-key": ""}, {"x-api-key": "  "}, {"authorization": "Bearer "}, {"authorization": "Basic x"}],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/m"),
    ],
)
def test_without_a_key_nothing_answers(raw, method, path, headers):
    status, received, body = raw.call(method, path, b"{}", headers=headers)
    assert status == 401
    assert json.loads(body) == {
        "type": "error",
        "error": {"type": "authentication_error", "message": "x-api-key header is required"},
        "request_id": received["request-id"],
    }


@pytest.mark.parametrize("headers", [{"x-api-key": "x"}, {"authorization": "Bearer x"}])
def test_any_key_will_do_in_either_header(raw, headers):
    assert raw.call("GET", "/v1/models", headers=headers)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not_found_error"),
        ("GET", "/v1/models/", 404, "not_found_error"),
        ("GET", "/v1/models/a/b", 404, "not_found_error"),
        ("GET", "/v1/messages", 405, "invalid_request_error"),
    ],
)
def test_what_is_not_served_is_refused_in_the_wire_s_shape(raw, method, path, status, kind):
    found, headers, body = raw.call(method, path)
    assert found == status
    assert json.loads(body)["error"]["type"] == kind
    assert json.loads(body)["request_id"] == headers["request-id"]


def test_request_ids_differ(raw):
    assert raw.call("GET", "/v1/models")[1]["request-id"] != raw.call("GET", "/v1/models")[1]["request-id"]


def test_a_body_over_32_mb_is_refused(raw):
    status, _, body = raw.call("POST", "/v1/messages", b" " * (32 * 1024 * 1024 + 1))
    assert status == 413
    assert json.loads(body)["error"]["type"] == "request_too_large"
