from __future__ import annotations

import pytest

from agents.simulator.directives import DirectiveError, Script, for_step, parse, without_directives
from agents.simulator.turns import Faults


def test_a_text_without_orders_has_no_script():
    assert parse("Bonjour #sim text non\n#simulation") == ()


def test_orders_combine_over_lines():
    text = (
        "Avant\n#sim slow 2s\n  #sim pace 20ms\n#sim cut\n#sim malformed\n#sim usage none\n"
        "#sim model other-name\n#sim error 529 once late\n#sim text un\n"
        '#sim text deux\n#sim tool a.b.c {"x": [1]}\r\nAprès'
    )
    faults = Faults(status=529, late=True, delay=2.0, pace=0.02, cut=True, malformed=True, no_usage=True)
    assert parse(text) == (
        Script(text="un\ndeux", calls=(("a__b__c", {"x": [1]}),), model="other-name", once=True, faults=faults),
    )


def test_long_gives_exactly_so_many_words():
    assert len(parse("#sim long 37")[0].text.split()) == 37


def test_the_words_without_the_orders_are_left():
    assert without_directives("Un\n#sim cut\nDeux") == "Un\n\nDeux"


def test_the_last_part_repeats_without_its_tools():
    scripts = parse("#sim tool a\n#sim then\n#sim tool b\n#sim text fin\n#sim slow 1s")
    assert for_step(scripts, 0)[1].calls == (("a", {}),)
    assert for_step(scripts, 1)[1].calls == (("b", {}),)
    assert for_step(scripts, 7) == (1, Script(text="fin", faults=Faults(delay=1.0)))


@pytest.mark.parametrize(
    "line",
    [
        "dance",
        "text",
        "tool",
        "tool a {",
        "tool a [1]",
        "error",
        "error 200",
        "error 600",
        "error 429 twice",
        "slow",
        "slow 2",
        "slow 2h",
        "slow 601s",
        "pace x",
        "cut now",
        "malformed x",
        "usage some",
        "model",
        "model a b",
        "long 0",
        "long -1",
        "long 200001",
        "long many",
    ],
)
def test_an_order_that_cannot_be_obeyed_is_named(line):
    with pytest.raises(DirectiveError) as caught:
        parse(f"#sim {line}")
    assert str(caught.value).startswith(f"#sim {line}: ")


@pytest.mark.parametrize("word", ["hang", "huge", "html", "empty"])
def test_new_faults_stand_alone(word):
    [script] = parse(f"#sim {word}")
    assert getattr(script.faults, word) is True
    with pytest.raises(DirectiveError):
        parse(f"#sim {word} more")


def test_a_redirect_and_a_cache_say_where_and_how_much():
    [script] = parse("#sim redirect http://10.0.0.1/x\n#sim cached 12")
    assert (script.faults.redirect, script.faults.cached) == ("http://10.0.0.1/x", 12)
    for wrong in ("redirect", "redirect a b", "cached", "cached many"):
        with pytest.raises(DirectiveError):
            parse(f"#sim {wrong}")
