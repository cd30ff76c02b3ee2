"""The chat completions request: checked field by field, then turned into an ``Ask``."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from agents.simulator import tokens
from agents.simulator.anthropic_request import TOOL_NAME
from agents.simulator.conversation import Message, last_words
from agents.simulator.faces import LIMIT_FIELDS, Refused
from agents.simulator.turns import Ask, Tool, ToolResult

ROLES = {"system", "developer", "user", "assistant", "tool"}
DEFAULT_OUTPUT = 4096


def parse(body: Any, raw: bytes) -> Ask:
    """The ask of a decoded body. Raises Refused."""
    _require(isinstance(body, dict), "the body must be a JSON object")
    model = body.get("model")
    _require(isinstance(model, str) and bool(model), "you must provide a model parameter")
    _require(isinstance(body.get("messages"), list) and bool(body["messages"]), "messages must be a non-empty array")
    system, messages = _conversation(body["messages"])
    tools, size = _tools(body.get("tools") or [])
    offered, must_call = _choice(body.get("tool_choice"), tools)
    _require(bool(messages), "messages must hold more than instructions")
    source, step, results = last_words(messages)
    earlier = ["\n".join(message.texts) for message in messages[:source] if message.role == "user"]
    return Ask(
        model=model,
        source="\n".join(messages[source].texts),
        earlier=tuple(text for text in (*system, *earlier) if text),
        results=results,
        step=step,
        tools=offered,
        must_call=must_call,
        max_output=_limit(body),
        stop_sequences=_stops(body.get("stop")),
        stream=_flag(body, "stream"),
        input_tokens=sum(map(tokens.of_text, system)) + size + sum(message.size for message in messages),
        fingerprint=blake2b(raw, digest_size=11).hexdigest(),
    )


def wants_usage(body: dict[str, Any]) -> bool:
    """Whether a stream should end with what it used. Raises Refused."""
    options = body.get("stream_options")
    if options is None:
        return False
    _require(isinstance(options, dict) and bool(body.get("stream")), "stream_options is for streams only")
    return bool(options.get("include_usage"))


def _conversation(items: list[Any]) -> tuple[list[str], list[Message]]:
    system: list[str] = []
    messages: list[Message] = []
    open_calls: dict[str, str] = {}
    for place, item in enumerate(items):
        at = f"messages[{place}]"
        _require(isinstance(item, dict) and item.get("role") in ROLES, f"{at}.role is not one of {sorted(ROLES)}")
        role = item["role"]
        if role == "tool":
            _result(item, messages, open_calls, at)
            continue
        _require(not open_calls, f"{at}: the tool_call_ids {sorted(open_calls)} did not have response messages")
        text, size = _content(item, at)
        if role in {"system", "developer"}:
            system.append(text)
        elif role == "user":
            _user(messages, text, size)
        else:
            messages.append(_assistant(item, text, size, open_calls, at))
    _require(not open_calls, f"the tool_call_ids {sorted(open_calls)} did not have response messages")
    return system, messages


def _user(messages: list[Message], text: str, size: int) -> None:
    """Words after results belong to their turn."""
    if not (messages and messages[-1].role == "user" and messages[-1].results):
        messages.append(Message("user"))
    messages[-1].texts.append(text)
    messages[-1].size += size


def _assistant(item: dict[str, Any], text: str, size: int, open_calls: dict[str, str], at: str) -> Message:
    message = Message("assistant", [text] if text else [])
    message.size += size
    calls = item.get("tool_calls") or []
    _require(isinstance(calls, list) and bool(text or calls), f"{at}: content or tool_calls must be set")
    for call in calls:
        function = _function(call)
        _require(bool(function and call.get("id")), f"{at}.tool_calls: id and function are needed")
        name, written = function.get("name", ""), function.get("arguments", "")
        _require(TOOL_NAME.fullmatch(name) is not None, f"{at}.tool_calls: the function's name is not valid")
        try:
            _require(isinstance(orjson.loads(written), dict), f"{at}.tool_calls: arguments must be an object")
        except orjson.JSONDecodeError as error:
            raise Refused(f"{at}.tool_calls: arguments are not valid JSON") from error
        _require(call["id"] not in open_calls, f"{at}.tool_calls: ids must be unique")
        open_calls[call["id"]] = message.uses[call["id"]] = name
        message.size += tokens.PER_CALL + tokens.of_text(name) + tokens.of_text(written)
    return message


def _result(item: dict[str, Any], messages: list[Message], open_calls: dict[str, str], at: str) -> None:
    call_id = item.get("tool_call_id")
    _require(
        isinstance(call_id, str) and call_id in open_calls,
        f"{at}: role 'tool' must be a response to a preceding message with 'tool_calls'",
    )
    text, size = _content(item, at)
    if messages[-1].role != "user":
        messages.append(Message("user"))
    failed = text.startswith("Error: ")
    messages[-1].results.append(ToolResult(str(call_id), open_calls.pop(str(call_id)), text, failed))
    messages[-1].size += tokens.PER_CALL + size


def _content(item: dict[str, Any], at: str) -> tuple[str, int]:
    content = item.get("content")
    if content is None and item["role"] == "assistant":
        return "", 0
    if isinstance(content, str):
        return content, tokens.of_text(content)
    if not isinstance(content, list) or not content:
        raise Refused(f"{at}.content must be a string or an array of parts")
    texts, size = [], 0
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        _require(kind in {"text", "image_url", "input_audio", "file"}, f"{at}.content: a part has no known type")
        if kind == "text":
            _require(isinstance(part.get("text"), str), f"{at}.content: text must be a string")
            texts.append(part["text"])
            size += tokens.of_text(part["text"])
        else:
            size += tokens.PER_MEDIA
    return "\n".join(texts), size


def _tools(items: Any) -> tuple[tuple[Tool, ...], int]:
    _require(isinstance(items, list), "tools must be an array")
    tools, size = [], 0
    for place, item in enumerate(items):
        function = _function(item)
        _require(bool(function), f"tools[{place}] must be a function")
        name, schema = function.get("name", ""), function.get("parameters", {"type": "object"})
        _require(TOOL_NAME.fullmatch(name) is not None, f"tools[{place}].function.name is not valid")
        _require(isinstance(schema, dict) and schema.get("type") == "object", f"tools[{place}]: an object is needed")
        tools.append(Tool(name, str(function.get("description") or ""), schema))
        size += tokens.PER_TOOL + tokens.of_json(function)
    return tuple(tools), size


def _function(item: Any) -> dict[str, Any]:
    """What a tool or a call of one holds; nothing when it is none."""
    found = item.get("function") if isinstance(item, dict) and item.get("type") == "function" else None
    return found if isinstance(found, dict) else {}


def _choice(choice: Any, tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], bool]:
    _require(choice is None or bool(tools), "tool_choice is only allowed when tools are specified")
    match choice:
        case None | "auto":
            return tools, False
        case "none":
            return (), False
        case "required":
            return tools, True
        case {"type": "function", "function": {"name": str(name)}}:
            chosen = tuple(tool for tool in tools if tool.name == name)
            _require(bool(chosen), f"tool_choice: the tool {name} is not among tools")
            return chosen, True
    raise Refused("tool_choice must be none, auto, required or a function")


def _limit(body: dict[str, Any]) -> int:
    limit = next((body[name] for name in LIMIT_FIELDS if body.get(name) is not None), DEFAULT_OUTPUT)
    _require(isinstance(limit, int) and not isinstance(limit, bool) and limit >= 1, "max_tokens must be at least 1")
    return int(limit)


def _stops(value: Any) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value or []
    _require(isinstance(found, list) and all(isinstance(each, str) for each in found), "stop must hold strings")
    return tuple(found)


def _flag(body: dict[str, Any], name: str) -> bool:
    _require(isinstance(body.get(name, False), bool | None), f"{name} must be a boolean")
    return bool(body.get(name))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise Refused(message)
