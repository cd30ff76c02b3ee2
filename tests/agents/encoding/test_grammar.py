"""The text form of an encoding (design 4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.encoding import grammar
from agents.encoding.fields import FIELD_ENUMS, FIELD_ORDER, Act, Encoding, Focus, Len, Mode, Out, Scope, Src
from agents.encoding.rules import EncodingError, violations

EXAMPLE = "ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT+NEXT OUT:MD LEN:S TRACE:1"
SHORTEST = "ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA"

encodings = st.builds(
    Encoding,
    act=st.sampled_from(Act),
    src=st.sampled_from(Src),
    scope=st.sampled_from(Scope),
    mode=st.sampled_from(Mode),
    focus=st.lists(st.sampled_from(Focus), max_size=8).map(tuple),
    out=st.none() | st.sampled_from(Out),
    len=st.none() | st.sampled_from(Len),
    rw=st.booleans(),
    unc=st.booleans(),
    sens=st.booleans(),
    trace=st.booleans(),
)
valid_encodings = encodings.filter(lambda encoding: not violations(encoding))


@given(valid_encodings)
def test_reading_what_was_written_gives_the_same_encoding(encoding: Encoding) -> None:
    assert grammar.parse(grammar.format(encoding)) == encoding


@given(encodings.filter(lambda encoding: bool(violations(encoding))))
def test_every_invalid_encoding_is_refused_with_exactly_the_rules_it_breaks(encoding: Encoding) -> None:
    with pytest.raises(EncodingError) as refused:
        grammar.parse(grammar.format(encoding))
    assert refused.value.violations == violations(encoding)


@given(valid_encodings)
def test_the_fields_stand_in_the_order_of_the_table(encoding: Encoding) -> None:
    names = [part.partition(":")[0] for part in grammar.format(encoding).split(" ")]
    assert names == [name for name in FIELD_ORDER if name in names]


def outcome(text: str) -> Encoding | str:
    """What reading `text` gives: the encoding, or the name of the rule it broke."""
    try:
        return grammar.parse(text)
    except EncodingError as refused:
        return refused.rule


@given(st.text(alphabet="ACTSRCOPEMODFULN:+1 \n", max_size=80) | st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_named_rule(text: str) -> None:
    read = outcome(text)
    assert read in grammar.GRAMMAR_RULES or outcome(grammar.format(read)) == read


def test_the_published_example_is_read_and_written_back_as_it_stands() -> None:
    encoding = grammar.parse(EXAMPLE)
    assert encoding == Encoding(
        Act.SUM, Src.DOC, Scope.SEL, Mode.ANA, (Focus.FACT, Focus.NEXT), Out.MD, Len.S, trace=True
    )
    assert grammar.format(encoding) == EXAMPLE


def test_what_is_absent_has_its_default() -> None:
    encoding = grammar.parse(SHORTEST)
    assert (encoding.effective_out, encoding.effective_len) == (Out.MD, Len.M)
    assert encoding.flags == ()
    assert grammar.format(encoding) == SHORTEST


def test_the_fields_for_the_api_carry_the_effective_values() -> None:
    assert grammar.parse(SHORTEST + " FOCUS:GAP+FACT TRACE:1").as_fields() == {
        "ACT": "SUM",
        "SRC": "DOC",
        "SCOPE": "SEL",
        "MODE": "ANA",
        "FOCUS": ["GAP", "FACT"],
        "OUT": "MD",
        "LEN": "M",
        "RW": False,
        "UNC": False,
        "SENS": False,
        "TRACE": True,
    }


def test_spaces_around_the_parts_are_free() -> None:
    assert grammar.parse("  ACT:SUM   SRC:DOC\nSCOPE:SEL MODE:ANA ") == grammar.parse(SHORTEST)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "missing_field"),
        ("ACT:SUM SRC:DOC SCOPE:SEL", "missing_field"),
        ("SRC:DOC SCOPE:SEL MODE:ANA", "missing_field"),
        (SHORTEST + " hello", "unreadable_part"),
        (SHORTEST + " OUT:", "unreadable_part"),
        (SHORTEST + " :MD", "unreadable_part"),
        (SHORTEST + " TONE:WARM", "unknown_field"),
        ("act:SUM SRC:DOC SCOPE:SEL MODE:ANA", "unknown_field"),
        (SHORTEST + " OUT:MD OUT:MD", "repeated_field"),
        ("SRC:DOC ACT:SUM SCOPE:SEL MODE:ANA", "field_order"),
        (SHORTEST + " TRACE:1 RW:1", "field_order"),
        ("ACT:FLY SRC:DOC SCOPE:SEL MODE:ANA", "unknown_value"),
        ("ACT:sum SRC:DOC SCOPE:SEL MODE:ANA", "unknown_value"),
        ("ACT:SUM SRC:LOCK SCOPE:SEL MODE:ANA", "unknown_value"),
        (SHORTEST + " FOCUS:FACT+", "unknown_value"),
        (SHORTEST + " FOCUS:FACT,NEXT", "unknown_value"),
        (SHORTEST + " TRACE:0", "flag_value"),
        (SHORTEST + " TRACE:true", "flag_value"),
        (SHORTEST + " " * 400, "too_long"),
        (SHORTEST + " SENS:1 TRACE:1", "sens_needs_lock"),
        (SHORTEST + " RW:1 TRACE:1", "rw_forbidden_with_ana"),
        ("ACT:SUM SRC:WS SCOPE:LOCK MODE:ANA", "lock_forbids_ws"),
        (SHORTEST + " FOCUS:FACT+RISK+CONS+OPP+NEXT+DEC", "focus_at_most_five"),
        (SHORTEST + " FOCUS:FACT+FACT", "focus_repeated"),
        ("ACT:SUM SRC:DOC SCOPE:SEL MODE:PREP RW:1", "trace_needed"),
        ("ACT:SUM SRC:DOC SCOPE:LOCK MODE:PREP SENS:1", "trace_needed"),
    ],
)
def test_a_broken_text_is_refused_with_the_rule_it_breaks(text: str, rule: str) -> None:
    with pytest.raises(EncodingError) as refused:
        grammar.parse(text)
    assert refused.value.rule == rule


def test_a_refusal_names_the_part_that_broke_the_rule() -> None:
    with pytest.raises(EncodingError, match=r"^unknown_value: OUT:PDF$"):
        grammar.parse(SHORTEST + " OUT:PDF")


def test_every_value_of_the_table_is_known() -> None:
    table = {
        "ACT": "SUM EXT STR CMP ANA GEN DEC PLN REF VER MAP CLS",
        "SRC": "SEL DOC WS MTG EXT MIX",
        "SCOPE": "SEL DOC WS MTG LOCK",
        "MODE": "ANA PREP DRAFT CHECK NONE",
        "FOCUS": "FACT RISK CONS OPP NEXT DEC GAP OPT",
        "OUT": "MD JSON HTML TXT TABLE CHART TREE",
        "LEN": "XS S M L XL",
    }
    assert {name: " ".join(values) for name, values in FIELD_ENUMS.items()} == table
    assert (*table, "RW", "UNC", "SENS", "TRACE") == FIELD_ORDER
