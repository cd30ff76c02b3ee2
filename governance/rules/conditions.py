"""Conditions of rules: `{key, op, value}`, all of which must hold. Pure; checked when a rule is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import re2
from django.utils.translation import gettext_lazy as _

from governance.errors import BadInput

NUMBER, TEXT, FLAG = "number", "text", "flag"

# Every key a rule may ask about, with its type.
KEYS: dict[str, str] = {
    "actor.kind": TEXT,
    "actor.role": TEXT,
    "channel": TEXT,
    "action": TEXT,
    "effect": TEXT,
    "sphere": TEXT,
    "target_sphere": TEXT,
    "crosses_sphere": FLAG,
    "crosses_identity": FLAG,
    "agent.code": TEXT,
    "agent.level": TEXT,
    "sensitivity": TEXT,
    "permanent": FLAG,
    "estimated_tokens": NUMBER,
    "estimated_cost_pico_usd": NUMBER,
    "over_intent_budget": FLAG,
    "budget_used_percent": NUMBER,
    "hour": NUMBER,
    "weekday": NUMBER,
    "recipient_domain": TEXT,
    "resource_type": TEXT,
    "elevated": FLAG,
    "deciders": NUMBER,
}

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda actual, value: actual == value,
    "ne": lambda actual, value: actual != value,
    "gt": lambda actual, value: actual > value,
    "gte": lambda actual, value: actual >= value,
    "lt": lambda actual, value: actual < value,
    "lte": lambda actual, value: actual <= value,
    "in": lambda actual, value: actual in value,
    "not_in": lambda actual, value: actual not in value,
    "contains": lambda actual, value: value in actual,
    "regex": lambda actual, value: re2.search(value, actual) is not None,
}
ORDERED = frozenset({"gt", "gte", "lt", "lte"})
LONGEST_PATTERN = 200
LONGEST_TEXT = 200
MOST_CONDITIONS = 12
MOST_VALUES = 50
LARGEST_NUMBER = 2**53 - 1  # what JSON keeps exactly everywhere


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. A fact that is absent (None) satisfies only `ne` and `not_in`."""

    key: str
    op: str
    value: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        actual = facts[self.key]
        if actual is None:
            return self.op in {"ne", "not_in"}
        return OPERATORS[self.op](actual, self.value)


def checked(conditions: Any) -> tuple[Condition, ...]:
    """The conditions of a rule about to be saved. Raises BadInput on an unknown key, operator or type."""
    if not isinstance(conditions, list):
        raise BadInput(errors={"conditions": [_("A list of conditions.")]})
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise BadInput(errors={"conditions": [_("A rule has from one to twelve conditions.")]})
    return tuple(_checked_one(index, item) for index, item in enumerate(conditions))


def _checked_one(index: int, item: Any) -> Condition:
    where = f"conditions.{index}"
    if not isinstance(item, dict) or set(item) != {"key", "op", "value"}:
        raise BadInput(errors={where: [_("A condition has a key, an operator and a value.")]})
    key, op, value = item["key"], item["op"], item["value"]
    if not isinstance(key, str) or key not in KEYS:
        raise BadInput(errors={f"{where}.key": [_("Unknown key: %(key)s.") % {"key": key}]})
    if (
        not isinstance(op, str)
        or op not in OPERATORS
        or (op in ORDERED and KEYS[key] != NUMBER)
        or (op in {"contains", "regex"} and KEYS[key] != TEXT)
    ):
        raise BadInput(errors={f"{where}.op": [_("This operator does not fit this key.")]})
    if not _fits(KEYS[key], op, value):
        raise BadInput(errors={f"{where}.value": [_("This value does not fit this key and operator.")]})
    return Condition(key, op, value)


def _fits(kind: str, op: str, value: Any) -> bool:
    if op in {"in", "not_in"}:
        return isinstance(value, list) and 1 <= len(value) <= MOST_VALUES and all(_is(kind, item) for item in value)
    if op == "regex":
        return isinstance(value, str) and len(value) <= LONGEST_PATTERN and _compiles(value)
    return _is(kind, value)


def _is(kind: str, value: Any) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _compiles(pattern: str) -> bool:
    """Only what the linear-time engine accepts (no look-around, no back-references)."""
    try:
        re2.compile(pattern)
    except re2.error:
        return False
    return True
