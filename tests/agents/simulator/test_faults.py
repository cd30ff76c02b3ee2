"""Each scripted fault as the real client meets it."""

from __future__ import annotations

import json
import time

import anthropic
import httpx2
import pytest


@pytest.mark.parametrize(
    ("status", "raised", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (409, anthropic.ConflictError, "conflict_error"),
        (418, anthropic.APIStatusError, "invalid_request_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (503, anthropic.InternalServerError, "api_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_ordered_error_is_the_client_s_own_exception(client, question, status, raised, kind, stream):
    with pytest.raises(raised) as caught:
        client.messages.create(**question(f"#sim error {status}"), stream=stream)
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.request_id == caught.value.body["request_id"]
    assert caught.value.response.headers.get("retry-after") == ("1" if status == 429 else None)


def test_an_error_ordered_once_fails_the_first_time_only(client, question):
    asked = question("#sim error 429 once\n#sim text enfin (test_faults)")
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(**asked)
    assert client.messages.create(**asked).content[0].text == "enfin (test_faults)"
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(**question("#sim error 429 once\n#sim text another text (test_faults)"))


def test_a_late_error_comes_inside_the_stream(client, question):
    pieces = []
    with (
        pytest.raises(anthropic.APIStatusError) as caught,
        client.messages.stream(**question("#sim error 529 late\n#sim long 40")) as stream,
    ):
        pieces.extend(stream.text_stream)
    assert len(pieces) == 5
    assert caught.value.body["error"] == {"type": "overloaded_error", "message": "Overloaded"}


def test_a_late_error_is_a_plain_one_without_a_stream(client, question):
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(**question("#sim error 529 late"))


def test_a_cut_stream_gives_half_and_then_raises(client, question):
    pieces = []
    with (
        pytest.raises((anthropic.APIConnectionError, httpx2.RemoteProtocolError)),
        client.messages.stream(**question("#sim cut\n#sim long 40")) as stream,
    ):
        pieces.extend(stream.text_stream)
    assert len(pieces) == 5


def test_a_cut_answer_without_a_stream_raises(client, question):
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**question("#sim cut"))


def test_the_connection_is_served_again_after_a_cut(client, question):
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**question("#sim cut"))
    assert client.messages.create(**question("#sim text là")).content[0].text == "là"


def test_malformed_json_breaks_the_stream_in_the_middle(client, question):
    pieces = []
    with (
        pytest.raises(json.JSONDecodeError),
        client.messages.stream(**question("#sim malformed\n#sim long 40")) as stream,
    ):
        pieces.extend(stream.text_stream)
    assert len(pieces) == 5


def test_malformed_json_breaks_a_whole_answer(raw, question):
    status, _, body = raw.call("POST", "/v1/messages", question("#sim malformed\n#sim text a"))
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@pytest.mark.parametrize("stream", [False, True])
def test_another_model_s_name_is_visible(client, question, stream):
    asked = question("#sim model claude-haiku-4-5\n#sim text a")
    if stream:
        with client.messages.stream(**asked) as opened:
            assert opened.get_final_message().model == "claude-haiku-4-5"
    else:
        assert client.messages.create(**asked).model == "claude-haiku-4-5"


def test_usage_can_be_missing_from_a_stream(client, question):
    events = list(client.messages.create(**question("#sim usage none\n#sim text a"), stream=True))
    assert [event.type for event in events][-1] == "message_stop"
    [start] = [event for event in events if event.type == "message_start"]
    [delta] = [event for event in events if event.type == "message_delta"]
    assert "usage" not in start.message.to_dict()
    assert "usage" not in delta.to_dict()


def test_usage_can_be_missing_from_a_whole_answer(raw, question):
    _, _, body = raw.call("POST", "/v1/messages", question("#sim usage none\n#sim text a"))
    assert "usage" not in json.loads(body)


def test_a_slow_answer_waits_before_its_first_token(client, question):
    began = time.monotonic()
    client.messages.create(**question("#sim slow 300ms\n#sim text a"))
    assert time.monotonic() - began >= 0.3
    seen = {}
    for event in client.messages.create(**question("#sim slow 600ms\n#sim text a"), stream=True):
        seen.setdefault(event.type, time.monotonic())
    assert seen["content_block_delta"] - seen["message_start"] >= 0.3


def test_a_paced_stream_waits_before_each_piece(client, question):
    began = time.monotonic()
    with client.messages.stream(**question("#sim pace 50ms\n#sim long 16")) as stream:
        assert len(list(stream.text_stream)) == 4
    assert time.monotonic() - began >= 0.2


def test_a_caller_who_leaves_during_an_answer_is_noticed(raw, question):
    def count(name: str) -> int:
        return json.loads(raw.call("GET", "/healthz")[2])[name]

    def wait_for(name: str, value: int) -> None:
        deadline = time.monotonic() + 5
        while count(name) < value and time.monotonic() < deadline:
            time.sleep(0.02)
        assert count(name) == value

    requests, left = count("requests"), count("callers_left")
    connection = raw.connection()
    connection.request("POST", "/v1/messages", json.dumps(question("#sim slow 60s")), {"x-api-key": "x"})
    wait_for("requests", requests + 1)
    connection.close()
    wait_for("callers_left", left + 1)


class TestTurns:
    """``#sim tool`` and ``#sim then`` over several model turns."""

    def _converse(self, client, text, rounds):
        messages = [{"role": "user", "content": text}]
        said = []
        for _ in range(rounds):
            message = client.messages.create(model="m", max_tokens=500, messages=messages)
            calls = [block for block in message.content if block.type == "tool_use"]
            said.append([call.name for call in calls] or message.content[0].text)
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": "ok"} for call in calls]
            messages += [
                {"role": "assistant", "content": message.to_dict()["content"]},
                {"role": "user", "content": results or "#sim text encore"},
            ]
        return said

    def test_tools_fire_once_and_the_text_answers_their_results(self, client):
        said = self._converse(client, "#sim tool a.b\n#sim tool c.d\n#sim text fini", 3)
        assert said == [["a__b", "c__d"], "fini", "encore"]

    def test_without_a_text_the_results_are_confirmed(self, client):
        assert self._converse(client, "Go\n#sim tool a.b", 2) == [["a__b"], "Done (a.b): ok"]

    def test_then_gives_each_model_turn_its_own_part(self, client):
        text = "#sim tool a\n#sim then\n#sim tool b\n#sim text fin"
        assert self._converse(client, text, 3) == [["a"], ["b"], "fin"]

    def test_a_fault_can_wait_for_the_second_turn(self, client):
        with pytest.raises(anthropic.InternalServerError):
            self._converse(client, "#sim tool a\n#sim then\n#sim error 500", 2)

    def test_words_beside_the_results_do_not_start_over(self, client):
        use = {"type": "tool_use", "id": "t1", "name": "a", "input": {}}
        result = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}

        def answer(beside):
            messages = [
                {"role": "user", "content": "#sim tool a\n#sim text fini"},
                {"role": "assistant", "content": [use]},
                {"role": "user", "content": [result, {"type": "text", "text": beside}]},
            ]
            return client.messages.create(model="m", max_tokens=500, messages=messages).content[0].text

        assert answer("Il reste deux étapes.") == "fini"
        assert answer("#sim text nouvel ordre") == "nouvel ordre"
