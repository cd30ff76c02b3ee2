"""Just enough French and English for a tour: folding, language, sentences, comparable words."""

from __future__ import annotations

import re
import unicodedata
from functools import cache


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_FRENCH = _words(
    "le la les un une des du de et est sont que qui quoi quel quelle quels quelles dans pour avec sur mon ma "
    "mes ton ta tes notre nos votre vos je tu il elle nous vous ils elles ce cet cette ces au aux combien "
    "quand comment pourquoi moi bonjour merci svp resume envoie cree ajoute supprime cherche trouve "
    "propose paie"
)
_ENGLISH = _words(
    "the a an of and is are was were what which who how when why where in for with on my your our this that "
    "these those i you he she we they it to please hello thanks summarize summarise send create add delete "
    "find search pay record make"
)
_STOP_WORDS = (_FRENCH | _ENGLISH) - {"paie", "pay"} | _words(
    "pas plus tout tous toute toutes peux peut fais fait faire donne dis dire sommaire court breve tell give "
    "show me us them him her can could would should do does did not any all has have had be been qu est-ce "
    "par summary short brief about from into email mail courriel message note tache task item fiche "
    "deux trois quatre cinq six sept huit neuf dix two three four five seven eight nine ten "
    "dernier derniers derniere dernieres recent recents recente recentes last latest"
)
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<!\bM\.)(?<!\bMr\.)(?<!\bMme\.)(?<!\bDr\.)(?<!\bNo\.)(?<=[.!?…])\s+(?=[\w«\"(\[-])")
_LIST_MARK = re.compile(r"^\s*(?:[-*•>#]+\s+|\d+[.)]\s+)*")


class _Folding(dict[int, str]):
    """One character for one character, so that places found in the folded text hold in the original."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = "'" if char in "’‘" else unicodedata.normalize("NFD", char)[0].lower()[0]
        self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case without accents, the same length as ``text`` (which should be NFC)."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def language(text: str) -> str:
    """``fr`` or ``en``, by the little words; accents decide a tie, else English."""
    words = _WORD.findall(fold(text))
    french = sum(word in _FRENCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if french == english:
        return "fr" if any(char in "àâçéèêëîïôùûœ" for char in text.lower()) else "en"
    return "fr" if french > english else "en"


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line break ends one, list marks are dropped."""
    found = []
    for line in text.splitlines():
        line = _LIST_MARK.sub("", line, count=1).strip()
        if line:
            found += _SENTENCE_END.split(line)
    return found


@cache
def _stem(word: str) -> str:
    return (word.rstrip("sx") if len(word) > 3 else word)[:6]


def keywords(text: str) -> frozenset[str]:
    """The words of a text worth comparing, cut to a common stem; digits always count."""
    return frozenset(
        _stem(word)
        for word in _WORD.findall(fold(text))
        if (len(word) > 2 or word.isdigit()) and word not in _STOP_WORDS
    )
