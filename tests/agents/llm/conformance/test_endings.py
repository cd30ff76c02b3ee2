"""Every way in which a call can end badly ends cleanly, with what was used, at every provider."""

from __future__ import annotations

import threading

import pytest

from agents.llm.exchange import CONTENT_BYTES_PER_TOKEN, SPARE_BYTES, Patience, Stop
from tests.agents.llm.conformance.provider import NOTE, Provider, with_tools

STATUSES = {
    400: ("refused", False),
    401: ("refused", False),
    402: ("refused", False),
    403: ("refused", False),
    404: ("refused", False),
    408: ("provider_error", True),
    409: ("provider_error", True),
    413: ("refused", False),
    422: ("refused", False),
    429: ("rate_limited", True),
    500: ("provider_error", True),
    503: ("provider_error", True),
    529: ("overloaded", True),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_has_our_word_and_costs_nothing(provider: Provider, status: int) -> None:
    failed = provider.failure(f"#sim error {status}")
    assert (failed.code, failed.retryable) == STATUSES[status]
    assert (failed.status, failed.input_tokens, failed.output_tokens) == (status, 0, 0)
    assert failed.retry_after == (1.0 if status == 429 else None)
    assert any(name.endswith("request-id") for name in failed.headers)
    assert "imulated" not in str(failed)  # what a provider writes may quote the prompt


def test_an_error_inside_a_stream_is_paid_for_as_far_as_it_went(provider: Provider) -> None:
    failed = provider.failure("#sim error 529 late\n#sim long 40")
    assert (failed.code, failed.retryable) == ("overloaded", True)
    assert failed.text == "".join(provider.heard) != ""
    assert failed.input_tokens
    assert failed.output_tokens


@pytest.mark.parametrize("order", ["cut", "malformed"])
def test_a_broken_stream_is_paid_for_as_far_as_it_went(provider: Provider, order: str) -> None:
    failed = provider.failure(f"#sim {order}\n#sim long 40")
    assert (failed.code, failed.retryable) == (order, True)
    assert failed.text == "".join(provider.heard) != ""
    assert len(failed.text.split()) < 40
    assert failed.input_tokens
    assert failed.output_tokens


def test_a_broken_call_of_a_tool_is_never_made(tooled: Provider) -> None:
    model = with_tools(tooled.id)
    order = '#sim cut\n#sim tool note__keep {"title": "a title that is long enough to come in several pieces"}'
    failed = tooled.failure(order, model=model, tools=[NOTE])
    assert (failed.code, failed.text) == ("cut", "")
    assert failed.input_tokens


@pytest.mark.parametrize("order", ["html", "empty"])
def test_what_is_no_answer_is_none(provider: Provider, order: str) -> None:
    failed = provider.failure(f"#sim {order}")
    assert failed.code in {"malformed", "cut"}
    assert failed.retryable
    assert failed.input_tokens


def test_another_model_s_name_voids_an_answer_that_must_be_exact(provider: Provider) -> None:
    failed = provider.failure("#sim model other-model\n#sim long 40", exact_model=True)
    assert (failed.code, failed.retryable, failed.model) == ("wrong_model", False, "other-model")
    assert provider.heard == []
    assert failed.input_tokens


def test_another_model_s_name_is_else_on_record(provider: Provider) -> None:
    answer = provider.ask("#sim model other-model\n#sim text a")
    assert (answer.text, answer.model) == ("a", "other-model")


def test_a_dated_name_is_the_model_s_own(provider: Provider) -> None:
    name = provider.request("").model.id
    assert provider.ask(f"#sim model {name}-20261101\n#sim text a", exact_model=True).text == "a"


def test_a_provider_that_hangs_is_left(provider: Provider) -> None:
    left = provider.seen("callers_left")
    failed = provider.failure("#sim hang", Patience(read=0.15, total=5))
    assert (failed.code, failed.retryable) == ("timeout", True)
    assert failed.input_tokens  # it has the request, and may be working on it
    provider.wait_until("callers_left", left + 1)


def test_a_provider_that_falls_silent_is_left(provider: Provider) -> None:
    failed = provider.failure("#sim pace 30s\n#sim long 40", Patience(read=0.15, total=5))
    assert (failed.code, failed.retryable) == ("timeout", False)
    assert failed.input_tokens


def test_a_call_has_an_end_even_if_words_keep_dripping(provider: Provider) -> None:
    failed = provider.failure("#sim pace 20ms\n#sim long 4000", Patience(read=5, total=0.3))
    assert (failed.code, failed.retryable) == ("timeout", False)
    assert failed.text == "".join(provider.heard) != ""


def test_an_answer_without_end_is_cut_off_and_upstream_cancelled(provider: Provider) -> None:
    left = provider.seen("callers_left")
    failed = provider.failure("#sim huge")
    assert failed.code == "too_much"
    assert len("".join(provider.heard)) <= SPARE_BYTES + CONTENT_BYTES_PER_TOKEN * provider.request("").output_limit
    assert failed.input_tokens
    assert failed.output_tokens
    provider.wait_until("callers_left", left + 1)


def test_stop_ends_a_stream_here_and_upstream(provider: Provider) -> None:
    left = provider.seen("callers_left")
    stop = provider.stop
    provider.heard = type("Heard", (list,), {"append": lambda self, text: (stop.ask(), list.append(self, text))})()
    failed = provider.failure("#sim pace 20ms\n#sim long 4000")
    assert failed.code == "cancelled"
    assert failed.text == "".join(provider.heard) != ""
    assert failed.input_tokens
    assert failed.output_tokens
    provider.wait_until("callers_left", left + 1)


def test_stop_reaches_a_provider_that_says_nothing(provider: Provider) -> None:
    asked = provider.seen("requests")

    def stop_once_asked() -> None:
        provider.wait_until("requests", asked + 1)
        provider.stop.ask()

    watcher = threading.Thread(target=stop_once_asked)
    watcher.start()
    failed = provider.failure("#sim hang", Patience(read=30, total=30))
    watcher.join()
    assert failed.code == "cancelled"
    assert failed.input_tokens


def test_what_was_stopped_before_is_not_sent(provider: Provider) -> None:
    asked = provider.seen("requests")
    provider.stop = Stop()
    provider.stop.ask()
    failed = provider.failure("#sim text a")
    assert (failed.code, failed.input_tokens) == ("cancelled", 0)
    assert provider.seen("requests") == asked


def test_a_redirect_is_a_refusal(provider: Provider) -> None:
    asked = provider.seen("requests")
    failed = provider.failure(f"#sim redirect {provider.url}/p/{provider.id}/v1/models")
    assert (failed.code, failed.status) == ("refused", 307)
    assert provider.seen("requests") == asked + 1


def test_the_next_call_is_none_the_worse(provider: Provider) -> None:
    provider.failure("#sim cut\n#sim long 40")
    provider.failure("#sim huge")
    provider.heard.clear()
    assert provider.ask("#sim text encore").text == "encore"
