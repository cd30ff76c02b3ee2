"""What pages and API show of rules: system rules and own ones, their words, their versions and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.access.showing import names_of
from governance.rules.conditions import Condition
from governance.rules.contents import content_of, latest_of
from governance.rules.engine import as_json
from governance.rules.models import Level, Rule, RuleEffect, RuleVersion
from governance.rules.system import ALWAYS, RuleSpec
from governance.rules.words import said

SHOWN = 50
TONES: dict[str, str] = {
    Rule.State.PUBLISHED: "ok",
    Rule.State.DRAFT: "wait",
    Rule.State.DISABLED: "off",
    Rule.State.REMOVED: "off",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule in words: “when” its conditions, “then” its effect."""

    name: str
    when: list[str]
    then: str
    priority: int
    code: str = ""
    row: Rule | None = None
    tone: str = ""
    tightened: bool = False


def own(row: Rule) -> Shown:
    content = content_of(row)
    return Shown(row.name, when(content), then(content), row.priority, row=row, tone=TONES[row.state])


def of_system(tightened: set[str]) -> list[Shown]:
    """The installation's rules, the strictest first."""
    return [
        Shown(str(spec.name), when(plain(spec)), then(plain(spec)), spec.priority, spec.code,
              tightened=spec.code in tightened)
        for spec in sorted(ALWAYS, key=lambda spec: (-spec.priority, spec.code))
    ]  # fmt: skip


def plain(spec: RuleSpec) -> dict[str, Any]:
    """A system rule as content."""
    return {
        "name": str(spec.name),
        "kind": spec.kind,
        "effect": spec.effect,
        "level": spec.level,
        "priority": spec.priority,
        "conditions": [as_json(condition) for condition in spec.conditions],
        "quorum": spec.quorum,
        "exclude_requester": spec.exclude_requester,
    }


def when(content: Mapping[str, Any]) -> list[str]:
    return [said(Condition(**each)) for each in content["conditions"]]


def then(content: Mapping[str, Any]) -> str:
    """What follows, in a few words."""
    effect = RuleEffect(content["effect"])
    parts = [str(effect.label)]
    if effect in {RuleEffect.CHECKPOINT, RuleEffect.ESCALATE}:
        if content["level"]:
            parts.append(_("level: %(level)s") % {"level": Level(content["level"]).label})
        if content["quorum"] > 1:
            parts.append(ngettext("%(n)s person", "%(n)s people", content["quorum"]) % {"n": content["quorum"]})
        if content["exclude_requester"]:
            parts.append(_("not the one who asks"))
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Past:
    """One version: who published it when, and what it changed, line by line."""

    version: int
    at: datetime
    who: str
    lines: list[tuple[str, str]]
    current: bool


def history(row: Rule) -> list[Past]:
    """The newest versions first."""
    kept = list(RuleVersion.objects.filter(rule_id=row.pk).order_by("-version")[: SHOWN + 1])
    names = names_of(each.author_id for each in kept)
    earlier: list[Any] = [*(each.content for each in kept[1:]), None][: len(kept)]
    return [
        Past(each.version, each.at, names.get(each.author_id, ""), diff(before, each.content),
             each.version == row.version)
        for each, before in list(zip(kept, earlier, strict=True))[:SHOWN]
    ]  # fmt: skip


def diff(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was taken away (`-`), what came (`+`) and what stayed (` `), in words."""
    old, new = (lines(before) if before else []), lines(after)
    gone = [("-", line) for line in old if line not in new]
    return gone + [("+" if line not in old else " ", line) for line in new]


def lines(content: Mapping[str, Any]) -> list[str]:
    return [
        _("Name: %(name)s") % {"name": content["name"]},
        *(_("When %(condition)s") % {"condition": each} for each in when(content)),
        _("Then: %(effect)s") % {"effect": then(content)},
        _("Priority: %(n)s") % {"n": content["priority"]},
    ]


def draft_diff(row: Rule) -> list[tuple[str, str]]:
    """What publishing would change; nothing when there is no draft."""
    if row.draft is None:
        return []
    return diff(content_of(row) if row.version else None, latest_of(row))


def code_of(rule_id: UUID) -> str:
    return f"rule.{rule_id}"
