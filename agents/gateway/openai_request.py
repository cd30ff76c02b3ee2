"""A request of the OpenAI wire in the inner form. Pure.

What the wire's clients send for others' sake is ignored; what would change the answer and cannot be done is refused.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from agents.gateway.reading import (
    Json,
    flag_in,
    list_in,
    merged,
    object_in,
    refuse,
    text_in,
    text_part,
    texts_of,
    unsupported,
)
from agents.llm.completing.params import USUAL_OUTPUT
from agents.llm.openai_form import OPTIONS

# Refused unless they ask for nothing.
NEITHER = ("audio", "functions", "function_call", "web_search_options", "prediction")
INSTRUCTIONS = frozenset({"system", "developer"})


def params_of(body: Json) -> Json:
    """The parameters of `agents.llm.complete`, all but the model. Raises BadInput, naming the field."""
    check_supported(body)
    system, turns = [], []
    for place, each in enumerate(list_in(body.get("messages"), "messages")):
        field = f"messages[{place}]"
        message = object_in(each, field)
        if message.get("role") in INSTRUCTIONS:
            system.append(texts_of(message.get("content"), f"{field}.content"))
        else:
            turns.append(_turn(message, field))
    params: Json = {
        "messages": merged(turns),
        "system": "\n\n".join(system),
        "max_tokens": _limit(body),
        "options": {name: body[name] for name in OPTIONS if body.get(name) is not None},
    }
    if body.get("tools"):
        tools = list_in(body["tools"], "tools")
        params["tools"] = [_tool(tool, f"tools[{place}]") for place, tool in enumerate(tools)]
    if body.get("tool_choice") is not None:
        params["tool_choice"] = _choice(body["tool_choice"])
    return params


def wants_stream(body: Json) -> bool:
    return flag_in(body.get("stream") or False, "stream")


def wants_usage(body: Json) -> bool:
    return bool(object_in(body.get("stream_options") or {}, "stream_options").get("include_usage"))


def check_supported(body: Json) -> None:
    """Raises BadInput for what would silently not be done."""
    if body.get("n") not in (None, 1):
        raise refuse("n", _("One answer at a time."))
    for name in NEITHER:
        if body.get(name):
            raise unsupported(name)
    if any(each != "text" for each in list_in(body.get("modalities") or [], "modalities")):
        raise unsupported("modalities")
    if body.get("logprobs") or body.get("top_logprobs"):
        raise unsupported("logprobs")


def _limit(body: Json) -> Any:
    given = body.get("max_completion_tokens")
    return (body.get("max_tokens") if given is None else given) or USUAL_OUTPUT


def _turn(message: Json, field: str) -> Json:
    role, content = message.get("role"), message.get("content")
    if role == "user":
        return {"role": "user", "content": _parts(content, f"{field}.content")}
    if role == "assistant":
        return {"role": "assistant", "content": _said(message, field)}
    if role == "tool":
        result = {
            "type": "tool_result",
            "tool_use_id": text_in(message.get("tool_call_id"), f"{field}.tool_call_id"),
            "content": texts_of(content, f"{field}.content"),
        }
        return {"role": "user", "content": [result]}
    raise unsupported(f"{field}.role {role}")


def _parts(content: Any, field: str) -> Any:
    if isinstance(content, str):
        return content
    parts = list_in(content, field)
    return [
        {"type": "text", "text": text_part(object_in(part, f"{field}[{place}]"), f"{field}[{place}]")}
        for place, part in enumerate(parts)
    ]


def _said(message: Json, field: str) -> list[Json]:
    said = texts_of(message.get("content") or message.get("refusal"), f"{field}.content")
    blocks: list[Json] = [{"type": "text", "text": said}] if said else []
    if message.get("function_call") or message.get("audio"):
        raise unsupported(f"{field}.function_call")
    for place, each in enumerate(list_in(message.get("tool_calls") or [], f"{field}.tool_calls")):
        blocks.append(_call(object_in(each, field), f"{field}.tool_calls[{place}]"))
    return blocks


def _call(call: Json, field: str) -> Json:
    function = object_in(call.get("function"), f"{field}.function")
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except (TypeError, ValueError) as error:
        raise refuse(f"{field}.function.arguments", _("This is no JSON.")) from error
    return {
        "type": "tool_use",
        "id": text_in(call.get("id"), f"{field}.id"),
        "name": text_in(function.get("name"), f"{field}.function.name"),
        "input": object_in(arguments, f"{field}.function.arguments"),
    }


def _tool(tool: Any, field: str) -> Json:
    given = object_in(tool, field)
    if given.get("type") != "function":
        raise unsupported(f"{field}.type {given.get('type')}")
    function = object_in(given.get("function"), f"{field}.function")
    return {
        "name": text_in(function.get("name"), f"{field}.function.name"),
        "description": function.get("description") or "",
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
    }


def _choice(choice: Any) -> Json:
    if choice in ("auto", "none"):
        return {"type": choice}
    if choice == "required":
        return {"type": "any"}
    named = object_in(choice, "tool_choice")
    if named.get("type") != "function":
        raise unsupported("tool_choice")
    function = object_in(named.get("function"), "tool_choice.function")
    return {"type": "tool", "name": text_in(function.get("name"), "tool_choice.function.name")}
