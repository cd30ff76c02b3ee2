"""French or English, by small evidence (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.pipeline.intent.lexicon import VERBS
from agents.pipeline.intent.tokens import Kind, Token
from agents.pipeline.intent.words import words

FRENCH: Final = words(
    "le la les un une du de des et est ce cet cette ces mes ma mon ton ta tes son sa ses notre nos "
    "votre vos leur pour avec dans sur que qui quoi quel quelle je tu il elle nous vous ils elles ne "
    "pas au aux par à où moi toi lui plus comment pourquoi combien quand sont sans chez vers être "
    "avoir fait tout tous toutes toute merci bonjour y se mais donc or ni car si leurs même très "
    "aussi ai as a été"
)
ENGLISH: Final = words(
    "the and to of is are am was were my your his her its our their this that these those with for "
    "what who where when why how which please in it you we they he she from all any an be been do "
    "does did not don't can could would should will shall has have had at by but if so about into me "
    "i every some than then there here let us them"
)
# Words of both languages say nothing.
_SHARED: Final = FRENCH & ENGLISH
STOP_WORDS: Final = FRENCH | ENGLISH
_ACCENTS: Final = frozenset("éèêëàâçùûîïôœ")


def normalise(language: str) -> str:
    """`fr` or `en` from any language tag; French when it is neither."""
    return "en" if language.casefold().startswith("en") else "fr"


def _weights(token: Token) -> tuple[int, int]:
    if token.folded in _SHARED:
        return 0, 0
    languages = VERBS.get(token.folded, {})
    only = next(iter(languages)) if len(languages) == 1 else ""
    french = (token.folded in FRENCH) + (only == "fr") + bool(_ACCENTS & set(token.cased))
    return french, (token.folded in ENGLISH) + (only == "en")


def detect(tokens: Iterable[Token], default: str) -> str:
    """The language with more evidence among the words outside quotes; `default` when they are level."""
    pairs = [_weights(token) for token in tokens if token.kind is Kind.WORD]
    french = sum(pair[0] for pair in pairs)
    english = sum(pair[1] for pair in pairs)
    if french == english:
        return normalise(default)
    return "fr" if french > english else "en"
