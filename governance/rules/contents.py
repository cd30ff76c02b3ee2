"""What a rule says: its content as it is written, checked, kept in versions and given to the engine."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field, field_validator

from governance.errors import BadInput
from governance.registry.actions import Params
from governance.rules.conditions import Condition, checked
from governance.rules.engine import DEFAULTS, LEVELS
from governance.rules.models import Level, Rule, RuleEffect, RuleKind
from governance.rules.system import ALWAYS, RuleSpec

FIELDS = ("name", "kind", "effect", "level", "priority", "conditions", "quorum", "exclude_requester")
MOST_PEOPLE = 9
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})  # no-break spaces are none of these: French needs them
STEPS = {RuleEffect.CHECKPOINT: 0, RuleEffect.ESCALATE: 1, RuleEffect.DENY: 2}
# Which way a threshold may go: a rule that fires above a number fires earlier when the number is smaller.
EARLIER = {"gt": -1, "gte": -1, "lt": 1, "lte": 1}


class RuleContent(Params):
    """`conditions`: `[{key, op, value}]`, all of which must hold. `level` '' is the usual one of what is asked about.
    `tightens`: the code of a system rule of which this is a stricter form."""

    name: str = Field(min_length=1, max_length=120)
    effect: RuleEffect
    conditions: list[Any] = Field(max_length=100)
    kind: RuleKind = RuleKind.CUSTOM
    level: Level | str = Field(default="", pattern="^(low|medium|high|critical)?$")
    priority: int = Field(default=50, ge=0, le=100)
    quorum: int = Field(default=1, ge=1, le=MOST_PEOPLE)
    exclude_requester: bool = False
    tightens: str = Field(default="", max_length=60)

    @field_validator("name")
    @classmethod
    def one_line(cls, value: str) -> str:
        if any(unicodedata.category(each) in UNSEEN for each in value):
            raise ValueError(_("A name is one line of printable text."))
        return value

    @field_validator("conditions")
    @classmethod
    def known_conditions(cls, value: list[Any]) -> list[Any]:
        """Before anything else, as refusals are recorded with their parameters: numbers no log can hold, too."""
        checked(value)
        return value


def checked_content(content: RuleContent) -> dict[str, Any]:
    """The content as it is kept. Raises BadInput naming what is wrong."""
    conditions = checked(content.conditions)
    if content.tightens:
        check_tightens(content, conditions)
    return content.model_dump(mode="json", include=set(FIELDS))


def content_of(row: Rule) -> dict[str, Any]:
    """What the rule says now, its draft aside."""
    return {name: getattr(row, name) for name in FIELDS}


def latest_of(row: Rule) -> dict[str, Any]:
    """What its author last wrote."""
    return row.draft or content_of(row)


def spec_of(code: str, content: Mapping[str, Any], version: int) -> RuleSpec:
    """The rule as the engine sees it."""
    return RuleSpec(
        code=code,
        name=content["name"],
        kind=content["kind"],
        effect=content["effect"],
        conditions=tuple(Condition(**each) for each in content["conditions"]),
        level=content["level"],
        priority=content["priority"],
        quorum=content["quorum"],
        exclude_requester=content["exclude_requester"],
        version=version,
    )


def system_rule(code: str) -> RuleSpec | None:
    """The rule of the installation that has this code."""
    return next((spec for spec in ALWAYS if spec.code == code), None)


def check_tightens(content: RuleContent, conditions: tuple[Condition, ...]) -> None:
    """Raises BadInput unless the rule is the named system rule made stricter, or left as it is.

    It would loosen nothing in any case, since the system rule holds besides; but what is called stricter must be so.
    """
    spec = system_rule(content.tightens)
    if spec is None:
        raise BadInput(errors={"tightens": [_("There is no such rule.")]})
    found: dict[str, list[str]] = {}
    if STEPS.get(content.effect, -1) < STEPS[spec.effect]:  # type: ignore[index]
        found["effect"] = [_("It may only become stricter.")]
    if rank(content.level, conditions) < rank(spec.level, spec.conditions):
        found["level"] = [_("The level may only be raised.")]
    if content.quorum < spec.quorum:
        found["quorum"] = [_("More people may be asked, never fewer.")]
    if len(conditions) != len(spec.conditions):
        found["conditions"] = [_("It has the same conditions; only thresholds change.")]
    else:
        for index, (mine, theirs) in enumerate(zip(conditions, spec.conditions, strict=True)):
            if not fires_as_early(mine, theirs):
                found[f"conditions.{index}.value"] = [_("This would apply later than the rule it tightens.")]
    if found:
        raise BadInput(errors=found)


def fires_as_early(mine: Condition, theirs: Condition) -> bool:
    """Does `mine` hold whenever `theirs` does?"""
    if (mine.key, mine.op) != (theirs.key, theirs.op):
        return False
    if mine.op in EARLIER:
        return bool((mine.value - theirs.value) * EARLIER[mine.op] >= 0)
    if mine.op == "in":
        return set(theirs.value) <= set(mine.value)
    return bool(mine.value == theirs.value)


def rank(level: str, conditions: tuple[Condition, ...]) -> int:
    """How high a level is; '' is the lowest of what the conditions may ask about."""
    if level:
        return LEVELS.index(level)  # type: ignore[arg-type]
    named = next((each.value for each in conditions if each.key == "effect" and each.op in {"eq", "in"}), ())
    effects = [named] if isinstance(named, str) else list(named)
    usual = [DEFAULTS.get(effect, ("", Level.LOW))[1] for effect in effects] or [Level.LOW]
    return max(LEVELS.index(each) for each in usual)  # type: ignore[arg-type]
