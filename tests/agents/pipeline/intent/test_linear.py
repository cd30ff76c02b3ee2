"""Lane A reads a text in linear time: shown on its structure, not by a clock (design 4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest

from agents.pipeline.intent import amounts, dates, tokens
from agents.pipeline.intent.actions import find_actions
from agents.pipeline.intent.dates import find_dates
from agents.pipeline.intent.entities import find_people, find_universals
from agents.pipeline.intent.objects import Taken, find_objects
from agents.pipeline.intent.tokens import Token, read

parser = re._parser  # the standard library's own reading of a pattern
UNBOUNDED = parser.MAXREPEAT
HOSTILE = [
    "supprime ", "n'envoie : ", "fais un paiement, ", "ne pas ", "envoie et ", "? ", "à Paul et ",
    "note de le ", "Aa ", "mardi le ", "3 mars ", "il y a ", "tout de ", "supprime la ", "notes « A », ",
    "a.b", "mets à ", ": ", "don't ", "oublie pas d'",
]  # fmt: skip


class Counted(Sequence[Token]):
    """Tokens that count how often one of them is read."""

    def __init__(self, inner: Sequence[Token]) -> None:
        self.inner, self.reads = inner, 0

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, key: int | slice) -> Token | Sequence[Token]:
        part = self.inner[key]
        self.reads += len(part) if isinstance(key, slice) else 1
        return part

    def __iter__(self) -> Iterator[Token]:
        for token in self.inner:
            self.reads += 1
            yield token


def reads(text: str) -> int:
    """How many token reads the whole grammar makes on `text`."""
    reading = read(text)
    counted = Counted(reading.tokens)
    spied = replace(reading, tokens=counted)
    actions = find_actions(counted, "fr")
    verbs = {index for action in actions.found for index in range(action.index, action.end)}
    taken = Taken(find_dates(spied, date(2026, 11, 20), "fr"), amounts.find_amounts(spied))
    find_objects(spied, taken, language="fr", sphere="business", verbs=verbs)
    find_people(spied, "fr", "business")
    find_universals(counted)
    return counted.reads


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_is_at_most_twice_the_reads(piece: str) -> None:
    small, large = reads(piece * 200), reads(piece * 400)
    assert large <= 2 * small + 200


@pytest.mark.parametrize("piece", HOSTILE)
def test_each_token_is_read_a_bounded_number_of_times(piece: str) -> None:
    assert reads(piece * 300) <= 150 * len(read(piece * 300).tokens)


def repeats(parsed: object, inside: int = 1) -> Iterator[tuple[int, int]]:
    """(the most that the enclosing repeats allow, the most that this one allows) of every repeat."""
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _least, most, body = argument
            yield inside, int(most)
            yield from repeats(body, max(inside, int(most)))
        elif name == "SUBPATTERN":
            yield from repeats(argument[-1], inside)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from repeats(branch, inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from repeats(argument[1], inside)


@pytest.mark.parametrize(
    "pattern", [*tokens.PATTERNS, *amounts.PATTERNS, *dates.PATTERNS], ids=lambda p: p.pattern[:20]
)
def test_no_pattern_nests_an_unbounded_repeat(pattern: re.Pattern[str]) -> None:
    for inside, most in repeats(parser.parse(pattern.pattern)):
        assert inside == 1 or most < UNBOUNDED
        assert inside < UNBOUNDED


@pytest.mark.parametrize("pattern", [tokens.EMAIL, amounts.BEFORE, amounts.AFTER, dates._SLASHED], ids=str)
def test_patterns_that_search_are_bounded_everywhere(pattern: re.Pattern[str]) -> None:
    assert [most for _inside, most in repeats(parser.parse(pattern.pattern)) if most >= UNBOUNDED] == []


def test_a_missing_closing_quote_is_looked_for_once() -> None:
    class Text(str):
        searches = 0

        def find(self, *arguments: object) -> int:
            Text.searches += 1
            return super().find(*arguments)

    tokens._quotes(Text("« “ ‹ " * 500))
    assert Text.searches == 3
