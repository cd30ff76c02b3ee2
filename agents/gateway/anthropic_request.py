"""A request of the Anthropic wire in the inner form. Pure.

Marks for caches are ignored (they change no answer), earlier thoughts are not sent again; what would change the
answer and cannot be done is refused.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from agents.gateway.reading import Json, list_in, merged, object_in, refuse, text_in, text_part, texts_of, unsupported

OPTIONS = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "stop_sequences": "stop"}
NEITHER = ("mcp_servers", "container", "context_management", "output_format")
FORGOTTEN = frozenset({"thinking", "redacted_thinking"})


def params_of(body: Json) -> Json:
    """The parameters of `agents.llm.complete`, all but the model. Raises BadInput, naming the field."""
    for name in NEITHER:
        if body.get(name):
            raise unsupported(name)
    if object_in(body.get("thinking") or {}, "thinking").get("type", "disabled") != "disabled":
        raise unsupported("thinking")
    if body.get("max_tokens") is None:
        raise refuse("max_tokens", _("This is required."))
    messages = list_in(body.get("messages"), "messages")
    params: Json = {
        "messages": merged([_turn(object_in(each, "messages"), f"messages[{i}]") for i, each in enumerate(messages)]),
        "system": _system(body.get("system")),
        "max_tokens": body["max_tokens"],
        "options": {ours: body[theirs] for theirs, ours in OPTIONS.items() if body.get(theirs) is not None},
    }
    if body.get("tools"):
        tools = list_in(body["tools"], "tools")
        params["tools"] = [_tool(object_in(tool, "tools"), f"tools[{i}]") for i, tool in enumerate(tools)]
    if body.get("tool_choice") is not None:
        choice = object_in(body["tool_choice"], "tool_choice")
        params["tool_choice"] = {name: choice[name] for name in ("type", "name") if name in choice}
        if choice.get("disable_parallel_tool_use"):
            params["options"]["parallel_tool_calls"] = False
    return params


def _system(value: Any) -> str:
    if isinstance(value, list):
        parts = [text_part(object_in(part, "system"), f"system[{place}]") for place, part in enumerate(value)]
        return "\n\n".join(parts)
    return texts_of(value, "system")


def _turn(message: Json, field: str) -> Json:
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant"):
        raise unsupported(f"{field}.role {role}")
    if isinstance(content, str):
        return {"role": role, "content": content}
    blocks = []
    for place, each in enumerate(list_in(content, f"{field}.content")):
        block = object_in(each, f"{field}.content[{place}]")
        if block.get("type") not in FORGOTTEN:
            blocks.append(_block(block, f"{field}.content[{place}]"))
    return {"role": role, "content": blocks}


def _block(block: Json, field: str) -> Json:
    kind = block.get("type")
    if kind == "tool_use":
        return {"type": kind, **{name: block.get(name) for name in ("id", "name", "input")}}
    if kind == "tool_result":
        return {
            "type": kind,
            "tool_use_id": text_in(block.get("tool_use_id"), f"{field}.tool_use_id"),
            "content": texts_of(block.get("content"), f"{field}.content"),
            "is_error": bool(block.get("is_error")),
        }
    return {"type": "text", "text": text_part(block, field)}


def _tool(tool: Json, field: str) -> Json:
    if tool.get("type") not in (None, "custom"):
        raise unsupported(f"{field}.type {tool.get('type')}")
    return {
        "name": text_in(tool.get("name"), f"{field}.name"),
        "description": tool.get("description") or "",
        "input_schema": object_in(tool.get("input_schema"), f"{field}.input_schema"),
    }
