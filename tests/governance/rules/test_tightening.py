"""Whatever an owner writes, nothing becomes looser than the installation's rules say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.gate import KEPT_OPEN, rules_for
from governance.rules.conditions import FLAG, KEYS, NUMBER, Condition
from governance.rules.contents import RuleContent, checked_content, fires_as_early, system_rule
from governance.rules.engine import LEVELS, evaluate, outcome
from governance.rules.models import RuleEffect
from governance.rules.reading import plain
from governance.rules.system import ALWAYS, RuleSpec

ORDER = {"allow": 0, "checkpoint": 1, "deny": 2}
TEXTS = ["SEND", "DELETE", "PAYMENT", "READ", "person", "agent", "nova", "restricted", "public", "owner"]
VALUES = {NUMBER: st.integers(-5, 30_000), FLAG: st.booleans(), "text": st.sampled_from(TEXTS)}


def values(key: str) -> Any:
    return VALUES[KEYS[key]]


@st.composite
def facts(draw: Any) -> dict[str, Any]:
    known = {key: draw(st.none() | values(key)) for key in KEYS}
    return known | {"effect": draw(st.sampled_from(["SEND", "DELETE", "PAYMENT", "READ", "UPDATE", "TRANSFER"]))}


@st.composite
def conditions(draw: Any) -> tuple[Condition, ...]:
    found = []
    for key in draw(st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=3)):
        ops = ["eq", "ne", "in", "not_in"] + (["gt", "gte", "lt", "lte"] if KEYS[key] == NUMBER else [])
        op = draw(st.sampled_from(ops))
        found.append(Condition(key, op, draw(st.lists(values(key), min_size=1)) if "in" in op else draw(values(key))))
    return tuple(found)


own_rules = st.lists(
    st.builds(
        RuleSpec,
        code=st.uuids().map(lambda pk: f"rule.{pk}"),
        name=st.just("mine"),
        kind=st.just("custom"),
        effect=st.sampled_from(RuleEffect.values),
        conditions=conditions(),
        level=st.sampled_from(["", *LEVELS]),
        priority=st.integers(0, 100),
        quorum=st.integers(1, 9),
        exclude_requester=st.booleans(),
    ),
    max_size=4,
)


@given(own_rules, facts())
def test_own_rules_never_loosen(own: list[RuleSpec], known: dict[str, Any]) -> None:
    before, after = evaluate(ALWAYS, known), evaluate(rules_for("threads.message.add", own), known)
    assert ORDER[after.decision] >= ORDER[before.decision]
    if before.decision == after.decision == "checkpoint":
        assert LEVELS.index(after.level) >= LEVELS.index(before.level)
        assert after.quorum >= before.quorum
        assert after.exclude_requester >= before.exclude_requester


@given(own_rules, facts())
def test_the_short_answer_is_the_long_one(own: list[RuleSpec], known: dict[str, Any]) -> None:
    full = evaluate((*ALWAYS, *own), known)
    level = full.level if full.decision == "checkpoint" else ""
    assert outcome((*ALWAYS, *own), known) == (full.decision, level, full.quorum, full.exclude_requester)


@given(st.sampled_from(ALWAYS), st.data(), facts())
def test_what_is_accepted_as_stricter_applies_whenever_its_rule_does(
    spec: RuleSpec, data: Any, known: dict[str, Any]
) -> None:
    changed = plain(spec)
    for condition in changed["conditions"]:
        if KEYS[condition["key"]] == NUMBER:
            condition["value"] += data.draw(st.integers(-50, 50))
        elif condition["op"] == "in":
            condition["value"] += data.draw(st.lists(st.sampled_from(TEXTS)))
    changed["effect"] = data.draw(st.sampled_from(RuleEffect.values))
    changed["level"] = data.draw(st.sampled_from(["", *LEVELS]))
    try:
        content = checked_content(RuleContent(**changed, tightens=spec.code))
    except BadInput:
        return
    mine = RuleSpec("rule.x", "mine", spec.kind, content["effect"], tuple(
        Condition(**each) for each in content["conditions"]
    ), level=content["level"], quorum=content["quorum"])  # fmt: skip
    alone, stricter = evaluate([spec], known), evaluate([mine], known)
    assert ORDER[stricter.decision] >= ORDER[alone.decision]
    if alone.decision == stricter.decision == "checkpoint":
        assert LEVELS.index(stricter.level) >= LEVELS.index(alone.level)


@pytest.mark.parametrize(
    "changes",
    [
        {"effect": "log"},
        {"effect": "allow"},
        {"conditions": [{"key": "estimated_tokens", "op": "gt", "value": 20_001}]},
        {"conditions": [{"key": "estimated_tokens", "op": "gte", "value": 20_000}]},
        {"conditions": [{"key": "estimated_cost_pico_usd", "op": "gt", "value": 1}]},
        {"conditions": [{"key": "estimated_tokens", "op": "gt", "value": 1}] * 2},
        {"tightens": "default.nothing"},
    ],
)
def test_what_would_be_looser_is_refused(changes: dict[str, Any]) -> None:
    spec = system_rule("default.large_request")
    assert spec is not None
    with pytest.raises(BadInput):
        checked_content(RuleContent(**(plain(spec) | {"tightens": spec.code} | changes)))


def test_a_lower_level_or_fewer_people_are_refused() -> None:
    spec = system_rule("system.sphere_boundary")
    assert spec is not None
    for changes in ({"level": "medium"}, {"level": ""}):
        with pytest.raises(BadInput):
            checked_content(RuleContent(**(plain(spec) | {"tightens": spec.code} | changes)))
    assert checked_content(RuleContent(**(plain(spec) | {"tightens": spec.code, "level": "critical", "quorum": 2})))


def test_a_threshold_may_only_move_towards_earlier() -> None:
    assert fires_as_early(Condition("hour", "gt", 4), Condition("hour", "gt", 5))
    assert not fires_as_early(Condition("hour", "gt", 6), Condition("hour", "gt", 5))
    assert fires_as_early(Condition("hour", "lt", 6), Condition("hour", "lt", 5))
    assert not fires_as_early(Condition("hour", "lte", 4), Condition("hour", "lte", 5))


def test_what_keeps_a_person_in_control_is_asked_of_the_installations_rules_only() -> None:
    own = [RuleSpec("rule.x", "all", "custom", "deny", ())]
    assert rules_for("governance.rule.disable", own) == ALWAYS
    assert rules_for("governance.message.send", own) == (*ALWAYS, *own)
    assert not any(start in "governance.payment.order governance.message.send" for start in KEPT_OPEN)
