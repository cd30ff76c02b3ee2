"""What each provider refuses and how it answers, from the same data as the application's, and judged on its own.

A face never repairs a request: whatever the real provider would refuse is refused here, so that a quirk which the
application forgets is seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "llm" / "data" / "providers.json"
LIMIT_FIELDS = ("max_tokens", "max_completion_tokens")
CALL_FIELD = "tool_calls[]."
KNOWN_FIELDS = {
    "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "response_format",
    "tools", "tool_choice", "presence_penalty", "frequency_penalty", "n", "prediction", "parallel_tool_calls",
    "prompt_mode", "safe_prompt", "reasoning_effort", "metadata",
}  # fmt: skip
KNOWN_IN_MESSAGES = {"role", "content", "tool_calls", "tool_call_id", "name", "prefix"}
REQUESTS_A_MINUTE = 100


class Refused(ValueError):
    """What the provider would refuse; ``status`` as it would."""

    def __init__(self, message: str, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


@cache
def rows() -> dict[str, dict[str, Any]]:
    """The providers of the data, by id."""
    return {row["id"]: row for row in json.loads(DATA.read_bytes())["providers"]}


class Face:
    """One provider's rules."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.id: str = row["id"]
        self.models: dict[str, Mapping[str, Any]] = {model["id"]: model for model in row["models"]}

    def quirks(self, model: str) -> dict[str, Any]:
        """The model's own over its provider's."""
        base, own = self.row["quirks"], self.models.get(model, {}).get("quirks", {})
        return {
            **base,
            **own,
            "drop_params": {*base["drop_params"], *own.get("drop_params", ())},
            "default_body": _deep(base["default_body"], own.get("default_body", {})),
        }

    def supports(self, model: str, what: str) -> bool:
        """Whether the model, else its provider, can do it; what nobody speaks of is possible."""
        own = self.models.get(model, {}).get("supports", {})
        return bool(own.get(what, self.row["supports"].get(what, True)))

    def judge(self, body: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        """Raises Refused for a chat request that this provider would not take."""
        model = body["model"]
        quirks = self.quirks(model)
        self.judge_model(model)
        self._judge_fields(body, quirks)
        _judge_limit(body, quirks)
        self._judge_tools(body, quirks)
        _judge_demanded(body, quirks)
        wanted = body.get("response_format") or {}
        if quirks.get("json_object_only") and wanted.get("type") == "json_schema":
            raise Refused("response_format.type must be one of text, json_object")
        if self.row["wire"] == "openai":
            for place, message in enumerate(body["messages"]):
                _judge_echoes(message, quirks, f"messages[{place}]")

    def judge_model(self, model: str) -> None:
        """Raises Refused for a model that must not be asked for."""
        patterns = self.row["quirks"].get("forbid_model_patterns", ())
        prefix = self.row["quirks"].get("model_prefix", "")
        if any(fnmatchcase(model, pattern) for pattern in patterns) or not model.startswith(prefix):
            raise Refused(f"The model `{model}` does not exist or you do not have access to it", 404, "model_not_found")

    def rate_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """What is left of the caller's minute, in this provider's words; none where it says nothing."""
        prefix = self.row["quirks"].get("rate_headers_prefix")
        if not prefix:
            return ()
        names = ("requests-limit", "requests-remaining") if self.id == "anthropic" else (
            "limit-requests", "remaining-requests")  # fmt: skip
        values = (REQUESTS_A_MINUTE, REQUESTS_A_MINUTE - 1)
        return tuple((f"{prefix}{name}".encode(), b"%d" % value) for name, value in zip(names, values, strict=True))

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> int:
        """The price in pico-USD, of a request without long input."""
        row = self.models.get(model)
        if row is None or row["prices"]["input"] is None:
            return 0
        prices = row["prices"]
        whole: int = input_tokens * prices["input"] + output_tokens * prices["output"]
        return whole + int(row["per_request_fee_pico_usd"])

    def _judge_fields(self, body: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
        for name in sorted(quirks["drop_params"] & set(body)):
            raise Refused(f"Unsupported parameter: '{name}' is not supported with this model.", 400, "unsupported")
        if not quirks.get("rejects_unknown_fields"):
            return
        unknown = set(body) - KNOWN_FIELDS
        for message in body["messages"]:
            unknown |= set(message) - KNOWN_IN_MESSAGES
        for name in sorted(unknown):
            raise Refused(f"{name}: Extra inputs are not permitted", 422, "extra_forbidden")

    def _judge_tools(self, body: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
        choice = body.get("tool_choice")
        if body.get("tools") and not self.supports(body["model"], "tools"):
            raise Refused("Tools are not supported by this model on this endpoint")
        kind = choice.get("type") if isinstance(choice, dict) else choice
        if kind in {"required", "any", "tool", "function"} and not self.supports(body["model"], "forced_tool_choice"):
            raise Refused("This model cannot be made to call a tool")
        allowed = quirks.get("tool_choice_values")
        if choice is not None and allowed is not None and choice not in allowed:
            raise Refused(f"tool_choice must be one of {', '.join(allowed)}")
        if body.get("tools") and (missing := _missing(body, quirks.get("tools_body", {}))):
            raise Refused(f"With tools, {missing} is needed")


def _judge_limit(body: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
    field = quirks["max_tokens_field"]
    for name in LIMIT_FIELDS:
        if name != field and name in body:
            raise Refused(f"Unsupported parameter: '{name}' is not supported. Use '{field}' instead.")
    least = quirks.get("min_output_tokens", 1)
    limit = body.get(field)
    if limit is not None and (not isinstance(limit, int) or limit < least):
        raise Refused(f"{field} must be at least {least}")


def _judge_demanded(body: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
    """Our own agreement with a provider: without these the price would be another."""
    for demanded in (quirks["default_body"], quirks.get("forced_body", {})):
        if missing := _missing(body, demanded):
            raise Refused(f"{missing} is needed: without it the request has another price")


def _missing(body: Mapping[str, Any], demanded: Mapping[str, Any], at: str = "") -> str:
    """The first path whose value is not as demanded; '' when all are."""
    for name, value in demanded.items():
        path = f"{at}{name}"
        found = body.get(name)
        if isinstance(value, Mapping):
            inner = _missing(found if isinstance(found, Mapping) else {}, value, f"{path}.")
            if inner:
                return inner
        elif found != value:
            return path
    return ""


def _judge_echoes(message: Mapping[str, Any], quirks: Mapping[str, Any], at: str) -> None:
    """A turn with tool calls must bring back what was said beside them, to the letter."""
    calls = message.get("tool_calls") or []
    for field in quirks["echo_fields"] if calls else ():
        inner = field.removeprefix(CALL_FIELD)
        holders = calls if field.startswith(CALL_FIELD) else [message]
        for place, holder in enumerate(holders):
            said = calls[place if holders is calls else 0]["id"]
            if holder.get(inner) != echo(inner, said):
                raise Refused(f"{at}.{inner} is missing or not what was answered")


def echo(field: str, call_id: str) -> Any:
    """What the simulator says in such a field, beside the call of that id."""
    if field == "extra_content":
        return {"google": {"thought_signature": f"signed {call_id}"}}
    asked = call_id[:-2]  # the last two digits number the calls of one answer
    return [{"type": "reasoning.text", "text": f"about {asked}", "index": 0}] if field.endswith("details") else (
        f"I thought about {asked}.")  # fmt: skip


def _deep(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    both = {**base, **more}
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(base.get(name), Mapping):
            both[name] = _deep(base[name], value)
    return both
