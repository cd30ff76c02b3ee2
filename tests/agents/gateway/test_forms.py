"""Requests of both wires in the inner form, read strictly and without a database."""

from __future__ import annotations

from typing import Any

import pytest

from agents.gateway import anthropic_request, openai_request
from agents.gateway.naming import named
from agents.llm.routing.now import field_now
from governance.errors import BadInput

CANDIDATES = field_now().candidates


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return openai_request.params_of({"messages": list(messages), **more})


def message(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return anthropic_request.params_of({"messages": list(messages), "max_tokens": 9, **more})


def test_openai_instructions_become_the_system_and_results_one_turn() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    found = chat(
        {"role": "system", "content": "Un."},
        {"role": "developer", "content": [{"type": "text", "text": "Deux."}]},
        {"role": "user", "content": "Va"},
        {"role": "assistant", "content": None, "tool_calls": [call, {**call, "id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "un"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "deux"}]},
        {"role": "user", "content": "Alors ?"},
    )
    assert found["system"] == "Un.\n\nDeux."
    assert [turn["role"] for turn in found["messages"]] == ["user", "assistant", "user"]
    assert [block["type"] for block in found["messages"][2]["content"]] == ["tool_result", "tool_result", "text"]
    assert found["messages"][1]["content"][0]["input"] == {"a": 1}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 1024),
        ({"max_tokens": 7}, 7),
        ({"max_completion_tokens": 8, "max_tokens": 7}, 8),
        ({"max_tokens": None}, 1024),
    ],
)
def test_openai_limits(given: dict[str, Any], expected: int) -> None:
    assert chat({"role": "user", "content": "a"}, **given)["max_tokens"] == expected


def test_openai_options_are_kept_and_what_changes_nothing_is_ignored() -> None:
    more = {"temperature": 0.5, "stop": ["x"], "store": False, "service_tier": "auto", "stream_options": None, "n": 1}
    assert chat({"role": "user", "content": "a"}, **more)["options"] == {"temperature": 0.5, "stop": ["x"]}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_openai_choices(choice: Any, expected: dict[str, str]) -> None:
    assert chat({"role": "user", "content": "a"}, tool_choice=choice)["tool_choice"] == expected


@pytest.mark.parametrize(
    "body",
    [
        {"messages": "a"},
        {"messages": [1]},
        {"messages": [{"role": "function", "content": "a"}]},
        {"messages": [{"role": "user", "content": 3}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        {"messages": [{"role": "tool", "content": "a"}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{"}}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "1"}}]}]},
        {"messages": [], "tools": [{"type": "web_search"}]},
        {"messages": [], "tool_choice": "perhaps"},
        {"messages": [], "audio": {"voice": "a"}},
    ],
)
def test_openai_refusals_name_a_field(body: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as raised:
        openai_request.params_of(body)
    assert raised.value.errors


def test_anthropic_thoughts_and_marks_of_caches_are_left_out() -> None:
    found = message(
        {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "…", "signature": "s"}]},
        {"role": "user", "content": "b"},
        system=[{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
        stop_sequences=["x"],
        metadata={"user_id": "u"},
    )
    assert found["system"] == "S"
    assert found["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]
    assert found["options"] == {"stop": ["x"]}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [], "max_tokens": None},
        {"messages": [], "thinking": {"type": "enabled"}},
        {"messages": [], "mcp_servers": [{}]},
        {"messages": [], "tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"messages": [{"role": "system", "content": "a"}]},
        {"messages": [{"role": "user", "content": [{"type": "document"}]}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "image"}]}],
                }
            ]
        },
    ],
)
def test_anthropic_refusals_name_a_field(body: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as raised:
        anthropic_request.params_of({"max_tokens": 9, **body})
    assert raised.value.errors


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("auto", {}),
        ("claude-sonnet-5-5", {"model": "claude-sonnet-5-5"}),
        ("anthropic/claude-sonnet-5-5", {"provider": "anthropic", "model": "claude-sonnet-5-5"}),
        ("nobody/claude-sonnet-5-5", {"model": "nobody/claude-sonnet-5-5"}),
    ],
)
def test_names_of_models(model: str, expected: dict[str, str]) -> None:
    assert named(model, CANDIDATES) == expected


def test_a_model_whose_own_id_has_a_stroke_is_found_by_it() -> None:
    with_stroke = next(
        each for each in CANDIDATES if "/" in each.facts.id and each.facts.id.split("/")[0] != each.provider
    )
    name = f"{with_stroke.provider}/{with_stroke.facts.id}"
    assert named(name, CANDIDATES) == {"provider": with_stroke.provider, "model": with_stroke.facts.id}
