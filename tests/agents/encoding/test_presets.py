"""Encodings by intent and by name (design 4.2, 6.3)."""

from __future__ import annotations

import pytest

from agents.encoding import grammar
from agents.encoding.fields import REQUIRED_FIELDS, Mode, Out, Scope
from agents.encoding.presets import INTENT_PRESETS, NAMED_PRESETS, Origin, UnknownPreset, build
from agents.encoding.quality import assess
from agents.encoding.rules import EncodingError, violations
from agents.pipeline.intent.kinds import EFFECTS, Effect, IntentType

ASK = "ACT:EXT SRC:WS SCOPE:WS MODE:ANA FOCUS:FACT TRACE:1"
MESSAGE = "ACT:GEN SRC:SEL SCOPE:SEL MODE:NONE FOCUS:FACT TRACE:1"
MAKE = "ACT:GEN SRC:SEL SCOPE:SEL MODE:PREP FOCUS:FACT TRACE:1"
COMMAND = "ACT:DEC SRC:SEL SCOPE:LOCK MODE:NONE SENS:1 TRACE:1"
COMPLIANCE = "ACT:VER SRC:DOC SCOPE:LOCK MODE:CHECK SENS:1 TRACE:1"

BY_INTENT = {
    "query": ASK,
    "search": ASK,
    "unknown": ASK,
    "summarize": "ACT:SUM SRC:SEL SCOPE:SEL MODE:ANA FOCUS:FACT TRACE:1",
    "analyze": "ACT:ANA SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT TRACE:1",
    "communicate": MESSAGE,
    "send": MESSAGE,
    "publish": MESSAGE,
    "create": MAKE,
    "generate": MAKE,
    "update": "ACT:REF SRC:SEL SCOPE:SEL MODE:PREP FOCUS:FACT TRACE:1",
    "delete": COMMAND,
    "transfer": COMMAND,
    "payment": COMMAND,
    "configure": COMMAND,
    "execute": COMMAND,
}
BY_NAME = {
    "summary": "ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT+NEXT TRACE:1",
    "analysis": "ACT:ANA SRC:DOC SCOPE:SEL MODE:ANA FOCUS:RISK+CONS+GAP UNC:1 TRACE:1",
    "structuring": "ACT:STR SRC:DOC SCOPE:SEL MODE:PREP FOCUS:FACT OUT:TREE TRACE:1",
    "decision": "ACT:DEC SRC:DOC SCOPE:SEL MODE:ANA FOCUS:OPT+RISK+CONS OUT:TABLE TRACE:1",
    "comparison": "ACT:CMP SRC:MIX SCOPE:SEL MODE:ANA FOCUS:FACT+GAP+OPT OUT:TABLE TRACE:1",
    "meeting": "ACT:SUM SRC:MTG SCOPE:MTG MODE:ANA FOCUS:DEC+NEXT TRACE:1",
    "rbq": COMPLIANCE,
    "cnesst": COMPLIANCE,
    "ccq": COMPLIANCE,
    "budget_review": "ACT:ANA SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT+RISK+GAP TRACE:1",
}


def test_each_intent_has_its_published_preset() -> None:
    assert {intent.value: grammar.format(preset) for intent, preset in INTENT_PRESETS.items()} == BY_INTENT
    assert set(INTENT_PRESETS) == set(IntentType)


def test_each_named_preset_is_as_published() -> None:
    assert {key: grammar.format(preset.encoding) for key, preset in NAMED_PRESETS.items()} == BY_NAME


@pytest.mark.parametrize("intent", [i for i in IntentType if EFFECTS[i] is Effect.READ])
def test_reading_intents_and_unknown_score_seventy_or_more_by_construction(intent: IntentType) -> None:
    built = build(intent)
    assert assess(built.encoding, built.decided).score >= 70


@pytest.mark.parametrize("encoding", [*INTENT_PRESETS.values(), *(p.encoding for p in NAMED_PRESETS.values())])
def test_every_preset_is_valid_traced_and_good_enough(encoding: object) -> None:
    assert violations(encoding) == ()
    assert encoding.trace
    assert assess(encoding).score >= 70


def test_a_preset_decides_all_four_fields() -> None:
    built = build(IntentType.SUMMARIZE)
    assert built.origins == tuple((name, Origin.PRESET) for name in REQUIRED_FIELDS)
    assert built.decided == frozenset(REQUIRED_FIELDS)


def test_words_win_over_assumptions_and_both_over_the_preset() -> None:
    built = build(
        IntentType.SUMMARIZE,
        stated={"scope": Scope.DOC, "out": Out.TABLE},
        assumed={"scope": Scope.WS, "mode": Mode.CHECK},
    )
    assert (built.encoding.scope, built.encoding.mode, built.encoding.out) == (
        Scope.DOC,
        Mode.CHECK,
        Out.TABLE,
    )
    assert dict(built.origins) == {
        "ACT": Origin.PRESET,
        "SRC": Origin.PRESET,
        "SCOPE": Origin.TEXT,
        "MODE": Origin.ASSUMED,
    }
    assert built.decided == {"ACT", "SRC", "SCOPE"}


def test_the_trace_cannot_be_talked_away() -> None:
    assert build(IntentType.QUERY, stated={"trace": False}).encoding.trace


def test_a_named_preset_replaces_the_intent_s_own() -> None:
    built = build(IntentType.QUERY, preset="meeting")
    assert grammar.format(built.encoding) == BY_NAME["meeting"]


def test_an_invalid_result_is_refused() -> None:
    with pytest.raises(EncodingError) as refused:
        build(IntentType.QUERY, stated={"scope": Scope.LOCK})
    assert refused.value.rule == "lock_forbids_ws"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownPreset, match="poetry"):
        build(IntentType.QUERY, preset="poetry")
    with pytest.raises(TypeError, match="tone"):
        build(IntentType.QUERY, stated={"tone": "warm"})
