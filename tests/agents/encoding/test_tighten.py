"""Optimising tightens and never widens (design 4.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.encoding import grammar
from agents.encoding.fields import Encoding, Mode, Scope, Src
from agents.encoding.rules import violations
from agents.encoding.tighten import broken_promises, is_wider, tighten
from agents.encoding.tools import effects_bound
from tests.agents.encoding.test_grammar import encodings, valid_encodings

TRACED = grammar.parse("ACT:REF SRC:DOC SCOPE:DOC MODE:PREP FOCUS:FACT RW:1 UNC:1 TRACE:1")


@given(encodings, st.booleans())
def test_tightening_keeps_act_and_source_and_never_widens(encoding: Encoding, sensitive: bool) -> None:
    after = tighten(encoding, sensitive=sensitive).encoding
    assert (after.act, after.src) == (encoding.act, encoding.src)
    assert not is_wider(after.scope, encoding.scope)
    assert effects_bound(after.mode) <= effects_bound(encoding.mode)
    assert set(encoding.flags) <= set(after.flags)
    assert after.rw == encoding.rw
    assert broken_promises(encoding, after) == ()


@given(valid_encodings, st.booleans())
def test_a_valid_encoding_stays_valid(encoding: Encoding, sensitive: bool) -> None:
    assert violations(tighten(encoding, sensitive=sensitive).encoding) == ()


@given(encodings, st.booleans())
def test_an_invalid_encoding_gains_no_new_fault(encoding: Encoding, sensitive: bool) -> None:
    before = {violation.rule for violation in violations(encoding)}
    after = {violation.rule for violation in violations(tighten(encoding, sensitive=sensitive).encoding)}
    assert after <= before


@given(encodings, st.booleans())
def test_tightening_twice_changes_nothing_more(encoding: Encoding, sensitive: bool) -> None:
    once = tighten(encoding, sensitive=sensitive).encoding
    assert tighten(once, sensitive=sensitive).encoding == once
    assert tighten(once, sensitive=sensitive).changes == ()


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (
            "ACT:SUM SRC:SEL SCOPE:WS MODE:PREP",
            "ACT:SUM SRC:SEL SCOPE:SEL MODE:ANA FOCUS:FACT TRACE:1",
            ["trace", "scope", "mode", "focus"],
        ),
        (
            "ACT:GEN SRC:DOC SCOPE:WS MODE:NONE",
            "ACT:GEN SRC:DOC SCOPE:DOC MODE:NONE TRACE:1",
            ["trace", "scope"],
        ),
        ("ACT:VER SRC:DOC SCOPE:LOCK MODE:CHECK FOCUS:GAP TRACE:1", None, []),
        ("ACT:EXT SRC:MIX SCOPE:WS MODE:ANA FOCUS:FACT TRACE:1", None, []),
        ("ACT:SUM SRC:DOC SCOPE:SEL MODE:PREP FOCUS:FACT RW:1 TRACE:1", None, []),
        ("ACT:REF SRC:SEL SCOPE:SEL MODE:PREP TRACE:1", None, []),
    ],
)
def test_known_encodings_are_tightened_as_explained(before: str, after: str | None, changes: list[str]) -> None:
    tightened = tighten(grammar.parse(before))
    assert grammar.format(tightened.encoding) == (after or before)
    assert [change.key for change in tightened.changes] == changes


def test_sensitive_content_locks_the_scope() -> None:
    tightened = tighten(grammar.parse("ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT TRACE:1"), sensitive=True)
    assert grammar.format(tightened.encoding) == "ACT:SUM SRC:DOC SCOPE:LOCK MODE:ANA FOCUS:FACT SENS:1 TRACE:1"
    assert [change.key for change in tightened.changes] == ["lock"]


def test_a_whole_workspace_cannot_be_locked_and_stays_as_it_is() -> None:
    whole = grammar.parse("ACT:EXT SRC:WS SCOPE:WS MODE:ANA FOCUS:FACT TRACE:1")
    assert tighten(whole, sensitive=True).encoding == whole


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"act": "SUM"}, "act_changed"),
        ({"src": Src.WS}, "src_changed"),
        ({"scope": Scope.MTG}, "scope_widened"),
        ({"mode": Mode.NONE}, "mode_widened"),
        ({"trace": False}, "flag_cleared"),
        ({"unc": False}, "flag_cleared"),
    ],
)
def test_a_proposal_that_widens_is_refused_by_name(change: dict[str, object], rule: str) -> None:
    assert [broken.rule for broken in broken_promises(TRACED, replace(TRACED, **change))] == [rule]


def test_a_proposal_may_give_up_rewriting_but_not_take_it() -> None:
    plain = replace(TRACED, rw=False)
    assert broken_promises(TRACED, plain) == ()
    assert [broken.rule for broken in broken_promises(plain, TRACED)] == ["rewrite_added"]
