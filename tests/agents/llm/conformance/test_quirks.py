"""The suite can fail: a quirk that nobody wrote down is refused by that provider's face, in its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.llm.facts import ModelFacts
from agents.llm.wires import send
from tests.agents.llm.conformance.provider import NOTE, Change, Provider, facts_of, with_tools, without

SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


def forget(*names: str, **changed: Any) -> Change:
    return lambda model: without(model, *names, **changed)


FORGOTTEN = [
    ("openai", forget("max_tokens_field"), {}),
    ("openai", forget("forced_body"), {}),
    ("openai", forget("drop_params", drop_params=[]), {"options": {"temperature": 0.1}}),
    ("google", forget("drop_params", drop_params=[]), {"options": {"user": "x"}}),
    ("mistral", forget("drop_params", "rejects_unknown_fields", stream_usage_mode="stream_options"), {}),
    ("mistral", forget("rejects_unknown_fields"), {"options": {"top_k": 3}}),
    ("cohere", forget("drop_params", stream_usage_mode="stream_options"), {}),
    ("meta", forget("max_tokens_field"), {}),
    ("meta", forget("min_output_tokens"), {}),
    ("meta", forget("drop_params"), {"options": {"stop": "x"}}),
    ("groq", forget("max_tokens_field"), {}),
    ("perplexity", forget("default_body"), {}),
    ("perplexity", forget("drop_params", stream_usage_mode="stream_options"), {}),
    ("deepseek", forget("json_object_only"), {"options": {"response_format": SCHEMA}}),
    ("xai", forget("max_tokens_field"), {}),
    ("xai", forget("drop_params"), {"options": {"stop": "x"}}),
    ("openrouter", forget("default_body"), {}),
    ("cerebras", forget("max_tokens_field"), {}),
    ("moonshot", forget("max_tokens_field"), {}),
    ("moonshot", forget("drop_params"), {"options": {"temperature": 0.1}}),
    ("qwen", forget("default_body"), {}),
    ("scaleway", forget("drop_params"), {"options": {"user": "x"}}),
    ("anthropic", forget("drop_params"), {"options": {"temperature": 0.1}}),
]


@pytest.mark.parametrize(("name", "change", "more"), FORGOTTEN)
def test_a_forgotten_quirk_is_refused(simulator_url: str, name: str, change: Change, more: dict[str, Any]) -> None:
    provider = Provider(name, simulator_url)
    assert provider.ask("#sim text a", **more).text == "a"
    failed = provider.failure("#sim text a", model=change(facts_of(name)), **more)
    assert failed.code == "refused"
    assert failed.status in {400, 422}


@pytest.mark.parametrize(
    ("name", "quirk", "more"),
    [
        ("openai", "tools_body", {}),
        ("meta", "tool_choice_values", {"tool_choice": {"type": "none"}}),
        ("ollama", "drop_params", {"tool_choice": {"type": "auto"}}),
    ],
)
def test_a_forgotten_quirk_of_tools_is_refused(simulator_url: str, name: str, quirk: str, more: dict[str, Any]) -> None:
    provider, model = Provider(name, simulator_url), with_tools(name)
    assert model is not None
    assert provider.ask("#sim text a", model=model, tools=[NOTE], **more).text == "a"
    failed = provider.failure("#sim text a", model=without(model, quirk), tools=[NOTE], **more)
    assert (failed.code, failed.status) == ("refused", 400)


@pytest.mark.parametrize("name", ["google", "deepseek", "openrouter", "moonshot"])
def test_what_is_not_sent_back_is_refused(simulator_url: str, name: str) -> None:
    provider, model = Provider(name, simulator_url), with_tools(name)
    assert model is not None
    order = '#sim tool note__keep {"title": "a"}\n#sim text fini'
    first = provider.ask(order, model=model, tools=[NOTE])
    result = {"type": "tool_result", "tool_use_id": first.tool_calls[0]["id"], "content": "ok"}

    def said(content: list[dict[str, Any]], facts: ModelFacts) -> dict[str, Any]:
        turns = [
            {"role": "user", "content": order},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [result]},
        ]
        return {"messages": turns, "model": facts, "tools": [NOTE]}

    assert provider.ask("", **said(first.content, model)).text == "fini"
    bare = [block for block in first.content if block["type"] != "echo"]
    failed = provider.failure("", **said(bare, without(model, "echo_fields")))
    assert (failed.code, failed.status) == ("refused", 400)


@pytest.mark.parametrize(
    ("name", "model"),
    [("openrouter", "openrouter/auto"), ("meta", "muse-spark-1.3-contributor"), ("ollama", "x:cloud")],
)
def test_a_model_that_must_not_be_asked_is_refused_here_and_there(simulator_url: str, name: str, model: str) -> None:
    provider = Provider(name, simulator_url)
    request = provider.request("#sim text a", model=replace(facts_of(name), id=model))
    asked = provider.seen("requests")
    assert provider.failure("#sim text a", model=request.model).status == 0
    assert provider.seen("requests") == asked
    careless = replace(provider.endpoint.provider, quirks={})
    with pytest.raises(Exception, match="404"):
        send(replace(provider.endpoint, provider=careless), request, print, provider.stop)
