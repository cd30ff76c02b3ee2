"""The Messages API's request: checked field by field, then turned into an ``Ask``."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from agents.simulator import tokens
from agents.simulator.conversation import Message, last_words
from agents.simulator.turns import Ask, Tool, ToolResult

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MEDIA = {"image", "document", "search_result", "container_upload"}
_ROLE_BLOCKS = {
    "user": {"text", "tool_result"} | _MEDIA,
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking"},
}


class InvalidRequest(ValueError):
    """A body that the real API would refuse with 400; the message begins with the field's path."""


def parse(body: Any, raw: bytes, *, counting: bool = False) -> Ask:
    """The ask of a decoded body; ``counting`` waives ``max_tokens``. Raises InvalidRequest."""
    _require(isinstance(body, dict), "body", "Input should be a valid dictionary")
    model = _field(body, "model", str, "string")
    _require(bool(model), "model", "String should have at least 1 character")
    limit = _max_tokens(body) if not counting else 1
    messages = _messages(_field(body, "messages", list, "list"))
    tools, tool_size = _tools(_optional(body, "tools", list, "list", []))
    offered, must_call = _choice(body.get("tool_choice"), tools)
    system = _plain_text(body.get("system", ""), "system")
    source, step, results = last_words(messages)
    user_texts = ["\n".join(message.texts) for message in messages[:source] if message.role == "user"]
    return Ask(
        model=model,
        source="\n".join(messages[source].texts),
        earlier=tuple(text for text in (system, *user_texts) if text),
        results=results,
        step=step,
        tools=offered,
        must_call=must_call,
        max_output=limit,
        stop_sequences=_stop_sequences(body),
        stream=_optional(body, "stream", bool, "boolean", False),
        input_tokens=tokens.of_text(system) + tool_size + sum(message.size for message in messages),
        fingerprint=blake2b(raw, digest_size=11).hexdigest(),
    )


def _messages(items: list[Any]) -> list[Message]:
    _require(bool(items), "messages", "at least one message is required")
    messages = [_message(item, f"messages.{index}") for index, item in enumerate(items)]
    _require(messages[0].role == "user", "messages", 'first message must use the "user" role')
    for index, message in enumerate(messages):
        uses = messages[index - 1].uses if index and message.role == "user" else {}
        for place, result in enumerate(message.results):
            _require(
                result.call_id in uses,
                f"messages.{index}.content.{place}",
                f"unexpected `tool_use_id` found in `tool_result` blocks: {result.call_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message.",
            )
        message.results = [
            ToolResult(result.call_id, uses[result.call_id], result.text, result.is_error) for result in message.results
        ]
        missing = set(uses) - {result.call_id for result in message.results}
        _require(
            not missing,
            f"messages.{index - 1}",
            "`tool_use` ids were found without `tool_result` blocks immediately after: " + ", ".join(sorted(missing)),
        )
    _require(not messages[-1].uses, f"messages.{len(messages) - 1}", "`tool_use` without `tool_result` after")
    return messages


def _message(item: Any, at: str) -> Message:
    _require(isinstance(item, dict), at, "Input should be a valid dictionary")
    role = item.get("role")
    _require(role in _ROLE_BLOCKS, f"{at}.role", "Input should be 'user' or 'assistant'")
    _require("content" in item, f"{at}.content", "Field required")
    content = item["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    _require(isinstance(content, list), f"{at}.content", "Input should be a valid string or list")
    _require(bool(content), f"{at}.content", "messages must have non-empty content")
    message = Message(role)
    for index, block in enumerate(content):
        _read_block(message, block, f"{at}.content.{index}")
    return message


def _read_block(message: Message, block: Any, at: str) -> None:
    _require(isinstance(block, dict), at, "Input should be a valid dictionary")
    kind = block.get("type")
    _require(kind in _ROLE_BLOCKS[message.role], f"{at}.type", f"{kind!r} is not allowed in {message.role}")
    if kind == "text":
        text = _field(block, "text", str, "string", at)
        _require(bool(text.strip()), f"{at}.text", "text content blocks must contain non-whitespace text")
        message.texts.append(text)
        message.size += tokens.of_text(text)
    elif kind == "tool_use":
        name, call_id = _field(block, "name", str, "string", at), _field(block, "id", str, "string", at)
        arguments = _field(block, "input", dict, "dictionary", at)
        _require(TOOL_NAME.fullmatch(name) is not None, f"{at}.name", _pattern_message())
        _require(call_id not in message.uses, f"{at}.id", "`tool_use` ids must be unique")
        message.uses[call_id] = name
        message.size += tokens.PER_CALL + tokens.of_text(name) + tokens.of_json(arguments)
    elif kind == "tool_result":
        call_id = _field(block, "tool_use_id", str, "string", at)
        text = _plain_text(block.get("content", ""), f"{at}.content")
        is_error = _optional(block, "is_error", bool, "boolean", False, at)
        message.results.append(ToolResult(call_id, "", text, is_error))
        message.size += tokens.PER_CALL + tokens.of_text(text)
    elif kind in _MEDIA:
        message.size += tokens.PER_MEDIA
    else:
        message.size += tokens.of_json(block)


def _plain_text(value: Any, at: str) -> str:
    if isinstance(value, str):
        return value
    _require(isinstance(value, list), at, "Input should be a valid string or list")
    parts = []
    for index, block in enumerate(value):
        _require(isinstance(block, dict), f"{at}.{index}", "Input should be a valid dictionary")
        if block.get("type") == "text":
            parts.append(_field(block, "text", str, "string", f"{at}.{index}"))
    return "\n".join(parts)


def _tools(items: list[Any]) -> tuple[tuple[Tool, ...], int]:
    tools, size = [], 0
    for index, item in enumerate(items):
        at = f"tools.{index}"
        _require(isinstance(item, dict), at, "Input should be a valid dictionary")
        name = _field(item, "name", str, "string", at)
        _require(TOOL_NAME.fullmatch(name) is not None, f"{at}.custom.name", _pattern_message())
        size += tokens.PER_TOOL + tokens.of_json(item)
        if item.get("type", "custom") != "custom":
            continue  # the provider's own tools run at the provider; the simulator has none to run
        schema = _field(item, "input_schema", dict, "dictionary", f"{at}.custom")
        _require(schema.get("type") == "object", f"{at}.custom.input_schema.type", "Input should be 'object'")
        tools.append(Tool(name, str(item.get("description", "")), schema))
    _require(len({tool.name for tool in tools}) == len(tools), "tools", "Tool names must be unique.")
    return tuple(tools), size


def _choice(choice: Any, tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], bool]:
    if choice is None:
        return tools, False
    _require(isinstance(choice, dict), "tool_choice", "Input should be a valid dictionary")
    match choice.get("type"):
        case "auto":
            return tools, False
        case "none":
            return (), False
        case "any":
            _require(bool(tools), "tool_choice", "tool_choice may only be specified while providing tools")
            return tools, True
        case "tool":
            chosen = tuple(tool for tool in tools if tool.name == choice.get("name"))
            _require(bool(chosen), "tool_choice.name", f"Tool '{choice.get('name')}' not found in tools")
            return chosen, True
    raise InvalidRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")


def _max_tokens(body: dict[str, Any]) -> int:
    limit: int = _field(body, "max_tokens", int, "integer")
    _require(not isinstance(limit, bool), "max_tokens", "Input should be a valid integer")
    _require(limit >= 1, "max_tokens", "must be greater than or equal to 1")
    return limit


def _stop_sequences(body: dict[str, Any]) -> tuple[str, ...]:
    values = _optional(body, "stop_sequences", list, "list", [])
    for index, value in enumerate(values):
        _require(isinstance(value, str), f"stop_sequences.{index}", "Input should be a valid string")
    return tuple(values)


def _field(body: dict[str, Any], name: str, kind: type, called: str, at: str = "") -> Any:
    path = f"{at}.{name}" if at else name
    _require(name in body, path, "Field required")
    _require(isinstance(body[name], kind), path, f"Input should be a valid {called}")
    return body[name]


def _optional(body: dict[str, Any], name: str, kind: type, called: str, default: Any, at: str = "") -> Any:
    return default if body.get(name) is None else _field(body, name, kind, called, at)


def _require(holds: bool, at: str, message: str) -> None:
    if not holds:
        raise InvalidRequest(f"{at}: {message}")


def _pattern_message() -> str:
    return "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
