"""Whether an action word is negated: “n'envoie pas”, “don't send”, “sans envoyer” (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.pipeline.intent import words as w
from agents.pipeline.intent.tokens import Kind, Token

REACH_BEFORE: Final = 6
REACH_AFTER: Final = 3
_NEW_CLAUSE: Final = w.JOINS - w.ALTERNATIVES


def _after(tokens: Sequence[Token], end: int, stop: int) -> str:
    """The folded word after the action, its clitics skipped."""
    for index in range(end, min(stop, end + REACH_AFTER)):
        if tokens[index].folded not in w.CLITICS:
            return tokens[index].folded
    return ""


def _is_negator(token: Token, language: str) -> bool:
    return token.folded in w.NEGATORS or (language == "en" and token.folded in w.ENGLISH_NEGATORS)


def is_negated(tokens: Sequence[Token], start: int, stop: int, index: int, end: int, language: str) -> bool:
    """Whether the action at tokens[index:end] of the sentence [start, stop) is refused by the speaker.

    “N'envoie que le résumé” restricts and “n'oublie pas d'envoyer” insists: neither negates.
    """
    after = _after(tokens, end, stop)
    for position in range(index - 1, max(start, index - REACH_BEFORE) - 1, -1):
        token = tokens[position]
        if token.kind is Kind.MARK or token.folded in _NEW_CLAUSE:
            break
        insists = token.folded == "pas" and position > start
        if insists and tokens[position - 1].folded in w.NEGATION_CANCELS:
            return False
        if token.folded in w.NEGATION_CANCELS:
            return False
        if _is_negator(token, language):
            return not (token.folded in ("n", "ne") and after in w.RESTRICTIONS)
    # “no” after a French verb is an abbreviation of “numéro”.
    return after in w.NEGATIONS_AFTER and not (after == "no" and language == "fr")
