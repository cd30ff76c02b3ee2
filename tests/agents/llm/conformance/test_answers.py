"""Every provider answers on its wire, with its quirks: words, streams, tools, usage, limits and prices."""

from __future__ import annotations

import time

import pytest

from agents.llm.errors import CallFailed
from tests.agents.llm.conformance.provider import NOTE, PROVIDERS, ROWS, Provider, facts_of, with_tools

USAGE = {name: ROWS[name]["quirks"]["stream_usage_mode"] for name in PROVIDERS}


def test_there_are_eighteen_on_both_wires_in_every_mode_of_usage() -> None:
    assert len(PROVIDERS) == 18
    assert {ROWS[name]["wire"] for name in PROVIDERS} == {"anthropic", "openai"}
    assert set(USAGE.values()) == {"always", "stream_options", "cumulative", "none"}


def test_words(provider: Provider) -> None:
    answer = provider.ask("#sim text Bonjour, « voilà » \u2028 tout.")
    assert answer.text == "Bonjour, « voilà » \u2028 tout."
    assert (answer.stop_reason, answer.model) == ("end_turn", ROWS[provider.id]["default_model"])
    assert "".join(provider.heard) == answer.text


def test_a_stream_comes_as_it_is_written(provider: Provider) -> None:
    moments: list[float] = []
    provider.heard = type("Heard", (list,), {"append": lambda self, text: moments.append(time.monotonic())})()
    answer = provider.ask("#sim pace 20ms\n#sim long 24")
    assert len(answer.text.split()) == 24
    assert len(moments) == 6
    assert moments[-1] - moments[0] >= 0.06


def test_an_answer_that_is_cut_off_at_its_limit_says_so(provider: Provider) -> None:
    answer = provider.ask("#sim long 5000", max_tokens=50)
    assert answer.stop_reason == "max_tokens"
    assert answer.output_tokens is not None


def test_tools_are_called_answered_and_spoken_of(provider: Provider) -> None:
    model = with_tools(provider.id)
    if model is None:
        refused = provider.failure("#sim text x", tools=[NOTE])
        assert (refused.code, refused.status) == ("refused", 0)
        return
    calls = """#sim tool note__keep {"title": "L'été à la mer, le 12 août"}\n#sim tool note__keep {"title": "b"}"""
    order = f"{calls}\n#sim text fini"
    first = provider.ask(order, model=model, tools=[NOTE])
    assert first.stop_reason == "tool_use"
    assert [call["input"] for call in first.tool_calls] == [{"title": "L'été à la mer, le 12 août"}, {"title": "b"}]
    results = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": "ok", "is_error": False}
        for call in first.tool_calls
    ]
    said = [
        {"role": "user", "content": order},
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": results},
    ]
    second = provider.ask("", model=model, tools=[NOTE], messages=said)
    assert (second.text, second.stop_reason) == ("fini", "end_turn")


def test_calls_that_another_provider_made_are_understood(tooled: Provider) -> None:
    """A chain may hop in the middle of a conversation: what only the first provider could repeat is told in words."""
    model = with_tools(tooled.id)
    call = {"type": "tool_use", "id": "toolu_1", "name": "note__keep", "input": {"title": "a"}}
    foreign = {"type": "echo", "provider": "elsewhere", "message": {"secret": "x"}, "calls": {"toolu_1": {"secret": 1}}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
    said = [
        {"role": "user", "content": "Garde une note"},
        {"role": "assistant", "content": [call, foreign]},
        {"role": "user", "content": [result, {"type": "text", "text": "#sim text compris"}]},
    ]
    assert tooled.ask("", model=model, tools=[NOTE], messages=said).text == "compris"


@pytest.mark.parametrize("choice", ["auto", "none", "any", "tool"])
def test_a_choice_of_tools_is_said_where_it_can_be_and_else_refused_here(tooled: Provider, choice: str) -> None:
    model = with_tools(tooled.id)
    wanted = {"type": choice, **({"name": "note__keep"} if choice == "tool" else {})}
    try:
        answer = tooled.ask("Garde une note sur le jardin", model=model, tools=[NOTE], tool_choice=wanted)
    except CallFailed as failed:
        assert choice in {"any", "tool"}
        assert (failed.code, failed.status, failed.input_tokens) == ("refused", 0, 0)
    else:
        assert bool(answer.tool_calls) or choice in {"auto", "none"}
        assert not (choice == "none" and answer.tool_calls)


def test_usage_is_the_provider_s_or_estimated_and_said_to_be(provider: Provider) -> None:
    text = "#sim text Bonjour à vous"
    answer = provider.ask(text)
    assert answer.usage_estimated == (USAGE[provider.id] == "none")
    assert answer.input_tokens
    assert answer.output_tokens
    if not answer.usage_estimated:
        assert (answer.input_tokens, answer.output_tokens) == (3 + 4 + 7, 4)


def test_usage_that_does_not_come_is_estimated(provider: Provider) -> None:
    answer = provider.ask("#sim usage none\n#sim text Bonjour")
    assert answer.usage_estimated
    assert answer.input_tokens
    assert answer.output_tokens


def test_input_from_a_cache_is_counted_and_priced_as_such(provider: Provider) -> None:
    model = facts_of(provider.id)
    text = f"{'mot ' * 200}\n#sim cached 100\n#sim text a"
    answer = provider.ask(text)
    if USAGE[provider.id] == "none":
        assert answer.cache_read_tokens == 0
        return
    assert answer.cache_read_tokens == 100
    assert answer.input_tokens is not None
    assert answer.input_tokens > 200
    rate = model.rates.cache_read if model.rates.cache_read is not None else model.rates.input
    saved = model.cost(answer.input_tokens, 1) - model.cost(answer.input_tokens, 1, cache_read=100)
    assert saved == 100 * (model.rates.input - rate)


def test_the_provider_s_own_price_is_kept_to_the_last_digit(provider: Provider) -> None:
    model = facts_of(provider.id)
    answer = provider.ask("#sim text Bonjour à vous")
    if "reported_cost_path" not in model.quirks:
        assert answer.reported_cost is None
        return
    assert answer.reported_cost == model.cost(answer.input_tokens or 0, answer.output_tokens or 0)


def test_limits_that_are_told_are_kept(provider: Provider) -> None:
    prefix = ROWS[provider.id]["quirks"]["rate_headers_prefix"]
    headers = provider.ask("#sim text a").headers
    assert any(name.endswith("request-id") for name in headers)
    told = {name: value for name, value in headers.items() if "ratelimit" in name}
    assert (sorted(told.values()) == ["100", "99"]) if prefix else (told == {})
    assert all(name.startswith(prefix) for name in told)


def test_parameters_that_a_provider_does_not_take_stay_here(provider: Provider) -> None:
    options = {
        "temperature": 0.2, "top_p": 0.9, "top_k": 5, "stop": ["FIN"], "seed": 7, "user": "u", "presence_penalty": 0.1,
        "frequency_penalty": 0.1, "logit_bias": {}, "logprobs": True, "top_logprobs": 2, "parallel_tool_calls": False,
        "metadata": {"a": "b"}, "verbosity": "low", "n": 4, "service_tier": "flex", "store": True, "unheard_of": 1,
    }  # fmt: skip
    assert provider.ask("#sim text a", options=options).text == "a"


def test_a_schema_for_the_answer_is_sent_or_told_in_words(provider: Provider) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    assert provider.ask('#sim text {"a": 1}', options={"response_format": schema}).text == '{"a": 1}'
