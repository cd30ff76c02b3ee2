"""The validity rules (design 4.2), each alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.encoding.fields import Act, Encoding, Focus, Mode, Scope, Src
from agents.encoding.rules import RULES, EncodingError, ensure_valid, violations

VALID = Encoding(Act.REF, Src.DOC, Scope.LOCK, Mode.PREP, (Focus.FACT,), rw=True, sens=True, trace=True)

BREAKS = {
    "sens_needs_lock": {"scope": Scope.SEL},
    "rw_forbidden_with_ana": {"mode": Mode.ANA},
    "lock_forbids_ws": {"src": Src.WS},
    "focus_at_most_five": {"focus": tuple(Focus)[:6]},
    "focus_repeated": {"focus": (Focus.FACT, Focus.FACT)},
    "trace_needed": {"trace": False},
}


def test_the_example_breaks_nothing() -> None:
    assert violations(VALID) == ()
    assert ensure_valid(VALID) is VALID


def test_every_rule_has_an_example_here() -> None:
    assert set(BREAKS) == {rule.name for rule in RULES}


@pytest.mark.parametrize(("rule", "change"), BREAKS.items())
def test_each_rule_is_broken_alone_by_its_example(rule: str, change: dict[str, object]) -> None:
    broken = replace(VALID, **change)
    assert [violation.rule for violation in violations(broken)] == [rule]
    with pytest.raises(EncodingError) as refused:
        ensure_valid(broken)
    assert refused.value.rule == rule


def test_rewriting_alone_needs_a_trace_and_so_does_sensitivity_alone() -> None:
    for change in ({"sens": False}, {"rw": False}):
        untraced = replace(VALID, trace=False, **change)
        assert [violation.rule for violation in violations(untraced)] == ["trace_needed"]


def test_five_items_of_focus_are_allowed() -> None:
    assert violations(replace(VALID, focus=tuple(Focus)[:5])) == ()


def test_all_broken_rules_are_named_together() -> None:
    broken = Encoding(Act.SUM, Src.WS, Scope.WS, Mode.ANA, rw=True, sens=True)
    assert [violation.rule for violation in violations(broken)] == [
        "sens_needs_lock",
        "rw_forbidden_with_ana",
        "trace_needed",
    ]
