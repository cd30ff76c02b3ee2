"""Whether a sentence asks for knowledge rather than for an act (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from agents.pipeline.intent import words as w
from agents.pipeline.intent.tokens import Kind, Token

OPENING: Final = 8
INVERSION_REACH: Final = 4
_ASKS_AFTER_PREPOSITION: Final = (w.QUESTION_WORDS | {"quand", "when"}) - {"que", "qu"}


def _opening(tokens: Sequence[Token], start: int, end: int) -> list[Token]:
    """The first words after greetings and marks."""
    index = start
    while index < min(end, start + OPENING):
        token = tokens[index]
        if token.kind is not Kind.MARK and token.folded not in w.GREETINGS:
            break
        index += 1
    return list(tokens[index : min(end, index + OPENING)])


def _is_polite(opening: Sequence[Token]) -> bool:
    """“Peux-tu…”, “could you…”, “tu peux…”: a request in the clothes of a question."""
    pairs = pairwise(opening)
    return any(
        (a.folded in w.POLITE_VERBS and b.folded in w.POLITE_SUBJECTS)
        or (a.folded in w.POLITE_SUBJECTS and b.folded in w.POLITE_VERBS)
        for a, b in pairs
    )


def _inverts(opening: Sequence[Token], marked: bool) -> bool:
    if any(t.glue == "-" and t.folded in w.INVERTED for t in opening[:INVERSION_REACH]):
        return True
    first, second = opening[0].folded, opening[1].folded if len(opening) > 1 else ""
    return first in w.ENGLISH_AUXILIARIES and second != "not" and (marked or second in w.ENGLISH_PRONOUNS)


def question_opening(tokens: Sequence[Token], start: int, end: int, marked: bool) -> str:
    """The word that makes the sentence [start, end) a question, or "".

    `marked` says that it ends with a question mark. A polite request is no question.
    """
    opening = _opening(tokens, start, end)
    if not opening:
        return ""
    first, second = opening[0], opening[1] if len(opening) > 1 else None
    if first.folded in w.QUESTION_WORDS or first.cased == "où":
        return first.text
    if marked and first.folded in w.QUESTION_WORDS_IF_MARKED:
        return first.text
    # “que” after a preposition is no question: “À ce que…”; “pour que…”.
    asks = second and second.folded in _ASKS_AFTER_PREPOSITION
    if first.folded in w.QUESTION_PREPOSITIONS and second and asks:
        return second.text
    if _is_polite(opening):
        return ""
    if [token.folded for token in opening[:2]] == ["est", "ce"] or _inverts(opening, marked):
        return first.text
    return ""
