"""A verdict in words: what decided, what each rule read, and what would have turned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.registry.actions import all_actions
from governance.rules.conditions import KEYS, Condition
from governance.rules.models import Level, Rule, RuleEffect, RuleVersion, Verdict
from governance.rules.replaying import Replay, own_rule_ids, own_versions, replay
from governance.rules.system import ALWAYS
from governance.rules.words import label, unless, value_said

TONES: dict[str, str] = {RuleEffect.ALLOW: "ok", RuleEffect.CHECKPOINT: "wait", RuleEffect.DENY: "bad"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One rule that was asked: what it read, and whether it applied."""

    name: str
    code: str
    version: int
    effect: str
    matched: bool
    values: list[tuple[str, str]]
    rule_id: UUID | None


@dataclass(frozen=True, slots=True)
class Nearest:
    """A rule that stood in the way, and the one change that would have let it pass."""

    name: str
    unless: str
    actual: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A verdict as its page shows it; what applied stands first."""

    verdict: Verdict
    action: str
    decision: str
    tone: str
    level: str
    quorum: int
    seen: list[Seen]
    nearest: list[Nearest]
    facts: list[tuple[str, str]]


def explained(row: Verdict) -> Explained:
    """Everything about a verdict; the names of own rules in one query."""
    names = rule_names(row.document)
    known = all_actions().get(row.action)
    seen = [_seen(each, names) for each in row.document["rules"]]
    level = row.document["level"]
    return Explained(
        verdict=row,
        action=str(known.label) if known else row.action,
        decision=str(RuleEffect(row.decision).label),
        tone=TONES.get(row.decision, "off"),
        level=str(Level(level).label) if level else "",
        quorum=row.document["quorum"],
        seen=sorted(seen, key=lambda each: not each.matched),
        nearest=[_nearest(each, names) for each in row.document["nearest"]],
        facts=_values(row.document.get("facts", {})),
    )


def rule_names(document: Mapping[str, Any]) -> dict[str, str]:
    """The names of the rules a verdict names, by code."""
    own = dict(Rule.objects.filter(pk__in=own_rule_ids(document)).values_list("pk", "name"))
    return {spec.code: str(spec.name) for spec in ALWAYS} | {f"rule.{pk}": name for pk, name in own.items()}


def replayed(row: Verdict) -> Replay:
    """The verdict said again, from the versions that are kept."""
    kept = RuleVersion.objects.filter(rule_id__in=own_rule_ids(row.document)).values("rule_id", "version", "content")
    return replay(row.document, own_versions(kept))


def _seen(each: Mapping[str, Any], names: Mapping[str, str]) -> Seen:
    code = each["rule"]
    return Seen(
        name=names.get(code, code),
        code=code,
        version=each.get("version", 0),
        effect=str(RuleEffect(each["effect"]).label),
        matched=each["matched"],
        values=_values(each["values"]),
        rule_id=UUID(code.removeprefix("rule.")) if code.startswith("rule.") and code in names else None,
    )


def _values(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(label(key), value_said(key, found[key])) for key in KEYS if key in found]


def _nearest(each: Mapping[str, Any], names: Mapping[str, str]) -> Nearest:
    condition = Condition(**each["unless"])
    return Nearest(names.get(each["rule"], each["rule"]), unless(condition), value_said(condition.key, each["actual"]))
