"""The OpenAI wire's form of a request: from content blocks to its messages, with every quirk from the data. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agents.llm.errors import CallFailed
from agents.llm.exchange import ModelRequest
from agents.llm.facts import merged

Message = dict[str, Any]
UNOFFERED = "unoffered"
CALL_FIELD = "tool_calls[]."
# What a provider that refuses unknown fields knows.
STRICT_FIELDS = frozenset({
    "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "response_format",
    "tools", "tool_choice", "presence_penalty", "frequency_penalty", "n", "parallel_tool_calls", "prompt_mode",
    "safe_prompt", "reasoning_effort", "metadata", "prediction",
})  # fmt: skip
# What a caller may ask for; all else of a request is ours.
# None changes what the call may cost: no second answer, no other class of service.
OPTIONS = frozenset({
    "temperature", "top_p", "top_k", "stop", "seed", "user", "presence_penalty", "frequency_penalty", "logit_bias",
    "logprobs", "top_logprobs", "response_format", "parallel_tool_calls", "reasoning_effort", "metadata", "verbosity",
})  # fmt: skip


def body_of(request: ModelRequest) -> dict[str, Any]:
    """The body of the request. Raises CallFailed for what this model or provider does not take."""
    quirks = request.model.quirks
    body = {name: value for name, value in request.options.items() if name in OPTIONS and value is not None}
    system = request.system
    if quirks.get("json_object_only") and isinstance(body.get("response_format"), Mapping):
        body["response_format"], system = _plain_json(body["response_format"], system)
    body |= {"model": request.model.id, "messages": messages_of(request, system), "stream": True}
    body[quirks.get("max_tokens_field", "max_tokens")] = request.output_limit
    if quirks.get("stream_usage_mode", "stream_options") == "stream_options":
        body["stream_options"] = {"include_usage": True}
    choice = _choice(request)
    if request.tools and choice != UNOFFERED:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if choice is not None:
            body["tool_choice"] = choice
        body = merged(body, quirks.get("tools_body", {}))
    body = merged(merged(body, quirks.get("default_body", {})), quirks.get("forced_body", {}))
    for name in quirks.get("drop_params", ()):
        body.pop(name, None)
    if quirks.get("rejects_unknown_fields"):
        body = {name: value for name, value in body.items() if name in STRICT_FIELDS}
    return body


def _plain_json(wanted: Mapping[str, Any], system: str) -> tuple[dict[str, Any], str]:
    """JSON without a schema where there is no other: the schema is told in words."""
    schema = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, Mapping):
        return dict(wanted), system
    told = f"Answer with JSON that follows this schema: {json.dumps(schema.get('schema', {}), ensure_ascii=False)}"
    return {"type": "json_object"}, f"{system}\n\n{told}" if system else told


def _choice(request: ModelRequest) -> Any:
    """The wire's word for the choice of tools; where “none” cannot be said, no tool is offered."""
    model, kind = request.model, (request.tool_choice or {}).get("type")
    if not request.tools or kind is None:
        return None
    if kind in {"auto", "none"}:
        allowed = model.quirks.get("tool_choice_values", ("auto", "none"))
        unsaid = kind not in allowed or "tool_choice" in model.quirks.get("drop_params", ())
        return (UNOFFERED if kind == "none" else None) if unsaid else kind
    values = model.quirks.get("tool_choice_values", ("required",))
    dropped = "tool_choice" in model.quirks.get("drop_params", ())
    if not model.supports.get("forced_tool_choice", True) or "required" not in values or dropped:
        raise CallFailed("refused", "this model cannot be made to call a tool")
    if kind == "any":
        return "required"
    return {"type": "function", "function": {"name": (request.tool_choice or {})["name"]}}


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool["name"],
            "description": tool.get("description", ""),
            "parameters": tool["input_schema"],
        },
    }


def messages_of(request: ModelRequest, system: str) -> list[Message]:
    """The conversation: a turn of results becomes one message per result, and what follows them."""
    found: list[Message] = [{"role": "system", "content": system}] if system else []
    told: set[str] = set()  # calls that are told in words, so their results are, too
    for message in request.messages:
        blocks = message["content"]
        if isinstance(blocks, str):
            blocks = [{"type": "text", "text": blocks}]
        if message["role"] == "assistant":
            found.append(_assistant(blocks, request, told))
        else:
            found += _user(blocks, request, told)
    return found


def _assistant(blocks: list[Message], request: ModelRequest, told: set[str]) -> Message:
    said = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [block for block in blocks if block["type"] == "tool_use"]
    echo = _echo(blocks, request.model.provider)
    missing = _lacks(echo, calls, request.model.quirks.get("echo_fields", ()))
    if calls and missing:
        # Another provider's calls: this one would refuse them without what it alone could have said of them.
        told |= {call["id"] for call in calls}
        words = [f"[I called {call['name']} with {_json(call['input'])}]" for call in calls]
        return {"role": "assistant", "content": "\n".join([*([said] if said else []), *words])}
    message: Message = {"role": "assistant", "content": said or None}
    if calls:
        message["tool_calls"] = [_call(call, echo) for call in calls]
    if not request.model.quirks.get("rejects_unknown_fields"):
        message |= echo.get("message", {})
    return message


def _echo(blocks: list[Message], provider: str) -> Message:
    """What this very provider wants to see again of the turn."""
    return next((block for block in blocks if block["type"] == "echo" and block["provider"] == provider), {})


def _lacks(echo: Message, calls: list[Message], fields: Any) -> bool:
    for name in fields:
        if name.startswith(CALL_FIELD):
            inner = name.removeprefix(CALL_FIELD)
            if not any(inner in echo.get("calls", {}).get(call["id"], {}) for call in calls):
                return True
        elif name not in echo.get("message", {}):
            return True
    return False


def _call(call: Message, echo: Message) -> Message:
    function = {"name": call["name"], "arguments": _json(call["input"])}
    return {"id": call["id"], "type": "function", "function": function, **echo.get("calls", {}).get(call["id"], {})}


def _user(blocks: list[Message], request: ModelRequest, told: set[str]) -> list[Message]:
    results: list[Message] = []
    parts: list[Message] = []
    for block in blocks:
        if block["type"] == "tool_result" and block["tool_use_id"] not in told:
            results.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": _result(block)})
        elif block["type"] == "tool_result":
            parts.append({"type": "text", "text": f"[The call answered: {_result(block)}]"})
        elif block["type"] == "text":
            parts.append({"type": "text", "text": block["text"]})
        elif block["type"] == "image":
            parts.append(_image(block, request))
    if parts and all(part["type"] == "text" for part in parts):
        return [*results, {"role": "user", "content": "\n".join(part["text"] for part in parts)}]
    return [*results, {"role": "user", "content": parts}] if parts else results


def _result(block: Message) -> str:
    content = block.get("content", "")
    if not isinstance(content, str):
        content = "\n".join(part["text"] for part in content if part["type"] == "text")
    return f"Error: {content}" if block.get("is_error") else content


def _image(block: Message, request: ModelRequest) -> Message:
    if not request.model.supports.get("vision", False):
        raise CallFailed("refused", "this model sees no images")
    source = block["source"]
    if source["type"] != "base64":
        raise CallFailed("refused", "an image is sent whole, never as an address")
    return {"type": "image_url", "image_url": {"url": f"data:{source['media_type']};base64,{source['data']}"}}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
