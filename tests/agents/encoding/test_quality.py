"""The published quality score (formula of design 4.2)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.encoding import grammar
from agents.encoding.fields import REQUIRED_FIELDS, Encoding, Focus, Len, Out, Scope
from agents.encoding.quality import Band, Quality, assess
from tests.agents.encoding.test_grammar import encodings

decided_sets = st.sets(st.sampled_from(REQUIRED_FIELDS))


def of(text: str) -> Quality:
    return assess(grammar.parse(text))


def by_hand(encoding: Encoding, decided: set[str]) -> Fraction:
    """The formula of design 4.2, word for word, exact."""
    complete = 70 - 25 * (4 - len(decided)) + 10 * (bool(encoding.out) + bool(encoding.len) + bool(encoding.focus))
    scope = {"LOCK": 100, "SEL": 85, "DOC": 70, "MTG": 60, "WS": 40}[encoding.scope]
    focus = {2: 95, 3: 90, 1: 75, 0: 60, 4: 80, 5: 70}.get(len(encoding.focus), 0)
    risk = 70 + 15 * encoding.trace + 10 * encoding.unc
    risk += 10 * (encoding.sens and encoding.scope == "LOCK") - 20 * (encoding.rw and not encoding.trace)
    parts = zip((35, 25, 20, 20), (complete, scope, focus, risk), strict=True)
    return sum((Fraction(weight, 100) * max(0, min(100, part)) for weight, part in parts), Fraction())


@given(encodings, decided_sets)
def test_the_score_is_the_published_formula_rounded_down(encoding: Encoding, decided: set[str]) -> None:
    quality = assess(encoding, decided)
    assert quality.score == int(by_hand(encoding, decided))
    assert 0 <= quality.score <= 100


@given(encodings, decided_sets)
def test_the_parts_explain_the_whole_score(encoding: Encoding, decided: set[str]) -> None:
    parts = assess(encoding, decided).parts
    assert [part.key for part in parts] == ["completeness", "scope", "focus", "risk"]
    assert [part.weight for part in parts] == [35, 25, 20, 20]
    for part in parts:
        assert part.points == max(0, min(100, sum(fact.points for fact in part.facts)))


@given(encodings, decided_sets, st.sampled_from(REQUIRED_FIELDS))
def test_deciding_one_more_field_never_lowers_the_score(encoding: Encoding, decided: set[str], name: str) -> None:
    assert assess(encoding, decided | {name}).score >= assess(encoding, decided - {name}).score


@given(encodings)
def test_stating_more_and_tracing_never_lower_the_score(encoding: Encoding) -> None:
    bare = replace(encoding, out=None, len=None, unc=False, trace=False)
    for change in ({"out": Out.MD}, {"len": Len.S}, {"unc": True}, {"trace": True}):
        assert assess(replace(bare, **change)).score >= assess(bare).score


@given(encodings)
def test_a_tighter_scope_never_lowers_the_score(encoding: Encoding) -> None:
    order = (Scope.WS, Scope.MTG, Scope.DOC, Scope.SEL, Scope.LOCK)
    scores = [assess(replace(encoding, scope=scope)).score for scope in order]
    assert scores == sorted(scores)


@given(encodings)
def test_rewriting_without_a_trace_never_raises_the_score(encoding: Encoding) -> None:
    untraced = replace(encoding, trace=False)
    assert assess(replace(untraced, rw=True)).score <= assess(replace(untraced, rw=False)).score


@pytest.mark.parametrize(
    ("text", "score", "band"),
    [
        # 0.35·80 + 0.25·40 + 0.20·75 + 0.20·85 = 70 exactly
        ("ACT:EXT SRC:WS SCOPE:WS MODE:ANA FOCUS:FACT TRACE:1", 70, Band.ACCEPTABLE),
        # 0.35·70 + 0.25·100 + 0.20·60 + 0.20·95 = 80.5, rounded down
        ("ACT:DEC SRC:SEL SCOPE:LOCK MODE:NONE SENS:1 TRACE:1", 80, Band.GOOD),
        # 0.35·100 + 0.25·85 + 0.20·95 + 0.20·85 = 92.25
        ("ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT+NEXT OUT:MD LEN:S TRACE:1", 92, Band.EXCELLENT),
        # 0.35·70 + 0.25·40 + 0.20·60 + 0.20·70 = 60.5
        ("ACT:SUM SRC:WS SCOPE:WS MODE:ANA", 60, Band.ACCEPTABLE),
        # 0.35·100 + 0.25·100 + 0.20·95 + 0.20·100 (105 cut) = 99
        (
            "ACT:VER SRC:DOC SCOPE:LOCK MODE:CHECK FOCUS:FACT+GAP OUT:TABLE LEN:M UNC:1 SENS:1 TRACE:1",
            99,
            Band.EXCELLENT,
        ),
    ],
)
def test_known_encodings_have_the_score_worked_out_by_hand(text: str, score: int, band: Band) -> None:
    assert (of(text).score, of(text).band) == (score, band)


def test_each_undecided_field_costs_twenty_five_points_of_completeness() -> None:
    encoding = grammar.parse("ACT:SUM SRC:SEL SCOPE:SEL MODE:ANA FOCUS:FACT TRACE:1")
    points = [assess(encoding, REQUIRED_FIELDS[:count]).parts[0].points for count in range(5)]
    assert points == [0, 5, 30, 55, 80]


def test_seventy_is_enough_and_sixty_nine_is_not() -> None:
    assert not Quality(70, ()).is_below_threshold
    assert Quality(69, ()).is_below_threshold


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "excellent"),
        (90, "excellent"),
        (89, "good"),
        (75, "good"),
        (74, "acceptable"),
        (60, "acceptable"),
        (59, "weak"),
        (0, "weak"),
    ],
)
def test_the_bands_begin_where_they_are_published(score: int, band: str) -> None:
    assert Quality(score, ()).band == band


def test_more_than_five_items_of_focus_earn_nothing() -> None:
    encoding = replace(grammar.parse("ACT:SUM SRC:SEL SCOPE:SEL MODE:ANA"), focus=tuple(Focus)[:6])
    assert assess(encoding).parts[2].points == 0
