"""From rules and facts to a decision that explains itself. Pure and deterministic (design 3.3).

One total order: deny > checkpoint > allow. Between checkpoint rules the highest level and the largest
quorum win; `log` never changes anything; `escalate` is a checkpoint one level higher.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import rfc8785

from governance.rules.conditions import Condition
from governance.rules.models import Level, RuleEffect
from governance.rules.recorded import told
from governance.rules.system import RuleSpec

LEVELS = (Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL)

# Kind and level of a checkpoint by effect, where the rule names no level (design 3.4).
DEFAULTS: dict[str, tuple[str, str]] = {
    "SEND": ("external_communication", Level.MEDIUM),
    "DELETE": ("destructive_action", Level.MEDIUM),
    "TRANSFER": ("cross_sphere", Level.HIGH),
    "PAYMENT": ("financial", Level.CRITICAL),
}
KIND_BY_RULE = {
    "sphere_boundary": "cross_sphere",
    "token_budget": "budget_approval",
    "identity_isolation": "identity_boundary",
    "data_sensitivity": "data_access",
}
ELEVATION = "system.elevation"  # whatever else asks about such an act, this is what it is about


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer: `document` explains it completely and replays to the same bytes."""

    decision: str
    kind: str
    level: str
    quorum: int
    exclude_requester: bool
    matched: tuple[str, ...]
    document: dict[str, Any]


def evaluate(rules: Sequence[RuleSpec], facts: Mapping[str, Any]) -> Decision:
    """Applies every rule to the facts (a mapping that answers every key of conditions.KEYS)."""
    ordered = sorted(rules, key=lambda rule: (-rule.priority, rule.code))
    trail = [_examined(rule, facts) for rule in ordered]
    matched = [rule for rule, seen in zip(ordered, trail, strict=True) if seen["matched"]]
    decision = _strongest(matched)
    kind, level, quorum, exclude = _checkpoint(matched, facts)
    document = {
        "decision": decision,
        "kind": kind if decision == RuleEffect.CHECKPOINT else None,
        "level": level if decision == RuleEffect.CHECKPOINT else None,
        "quorum": quorum,
        "rule_set": rule_set_version(rules),
        "rules": trail,
        "nearest": _nearest(matched, decision, facts),
        "facts": told(facts),
    }
    return Decision(decision, kind, level, quorum, exclude, tuple(rule.code for rule in matched), document)


def outcome(rules: Sequence[RuleSpec], facts: Mapping[str, Any]) -> tuple[str, str, int, bool]:
    """Decision, level, quorum and whether the requester is excluded, as `evaluate` would say, without the
    explanation; level '' where nobody is asked."""
    matched = [rule for rule in rules if all(condition.holds(facts) for condition in rule.conditions)]
    decision = _strongest(matched)
    _, level, quorum, exclude = _checkpoint(matched, facts)
    return decision, level if decision == RuleEffect.CHECKPOINT else "", quorum, exclude


def rule_set_version(rules: Sequence[RuleSpec]) -> str:
    """SHA-256 over the canonical form of all rules: changes with any of them."""
    listed: Any = [
        {
            "code": rule.code,
            "effect": rule.effect,
            "level": rule.level,
            "priority": rule.priority,
            "quorum": rule.quorum,
            "exclude_requester": rule.exclude_requester,
            "version": rule.version,
            "conditions": [as_json(condition) for condition in rule.conditions],
        }
        for rule in sorted(rules, key=lambda rule: rule.code)
    ]
    return _digest(orjson.dumps(listed))


@lru_cache(maxsize=256)
def _digest(listed: bytes) -> str:
    """Kept: the canonical form is slow to write, and the rules of an identity are the same act after act."""
    return hashlib.sha256(b"chenu.rules.v1\x00" + rfc8785.dumps(orjson.loads(listed))).hexdigest()


def _examined(rule: RuleSpec, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What one rule read, and whether it matched; it stops reading at the first condition that fails."""
    values: dict[str, Any] = {}
    matched = True
    for condition in rule.conditions:
        values[condition.key] = facts[condition.key]
        if not condition.holds(facts):
            matched = False
            break
    return {
        "rule": rule.code,
        "version": rule.version,
        "effect": rule.effect,
        "matched": matched,
        "values": values,
    }


def _strongest(matched: Sequence[RuleSpec]) -> str:
    effects = {rule.effect for rule in matched}
    if RuleEffect.DENY in effects:
        return RuleEffect.DENY
    if effects & {RuleEffect.CHECKPOINT, RuleEffect.ESCALATE}:
        return RuleEffect.CHECKPOINT
    return RuleEffect.ALLOW


def _checkpoint(matched: Sequence[RuleSpec], facts: Mapping[str, Any]) -> tuple[str, str, int, bool]:
    """Kind, level, quorum and requester exclusion that the matching rules ask for together."""
    effect = str(facts["effect"])
    asking = [rule for rule in matched if rule.effect in {RuleEffect.CHECKPOINT, RuleEffect.ESCALATE}]
    by_effect, default_level = DEFAULTS.get(effect, ("execution_approval", Level.LOW))
    level = max((_level_of(rule, default_level) for rule in asking), key=LEVELS.index, default=default_level)
    if any(rule.effect == RuleEffect.ESCALATE for rule in asking):
        level = LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
    kind = by_effect
    if effect not in DEFAULTS and asking:
        kind = KIND_BY_RULE.get(asking[0].kind, by_effect)
    if any(rule.code == ELEVATION for rule in asking):
        kind = "scope_elevation"
    if effect == "TRANSFER" and facts["crosses_identity"]:
        kind = KIND_BY_RULE["identity_isolation"]
    quorum = max((rule.quorum for rule in asking), default=1)
    return kind, level, quorum, any(rule.exclude_requester for rule in asking)


def _level_of(rule: RuleSpec, default: str) -> str:
    return rule.level or default


def _nearest(matched: Sequence[RuleSpec], decision: str, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each rule that stood in the way, the one condition whose change alone would let it pass."""
    if decision == RuleEffect.ALLOW:
        return []
    blocking = [rule for rule in matched if rule.effect not in {RuleEffect.ALLOW, RuleEffect.LOG}]
    return [
        {"rule": rule.code, "actual": facts[condition.key], "unless": as_json(condition)}
        for rule in blocking
        for condition in [_easiest(rule.conditions)]
        if condition is not None
    ]


def _easiest(conditions: Sequence[Condition]) -> Condition | None:
    """A number is easier to change than a name: the first ordered condition, else the last one."""
    ordered = [condition for condition in conditions if condition.op in {"gt", "gte", "lt", "lte"}]
    fallback = conditions[-1] if conditions else None
    return ordered[-1] if ordered else fallback


def as_json(condition: Condition) -> dict[str, Any]:
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return {"key": condition.key, "op": condition.op, "value": value}
