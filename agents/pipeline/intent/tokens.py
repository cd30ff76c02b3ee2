"""A request as tokens: words, sentence marks, and spans (quotes, addresses) that are content, not action.

Offsets count characters of the NFC text. Everything is one pass; no pattern nests unbounded repeats.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final


class Kind(Enum):
    WORD = "word"
    MARK = "mark"
    QUOTE = "quote"
    EMAIL = "email"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Token:
    """`folded` has no case and no accents; `cased` keeps the accents; `glue` is the ' or - before it."""

    kind: Kind
    text: str
    start: int
    end: int
    folded: str = ""
    cased: str = ""
    glue: str = ""

    @property
    def is_capitalised(self) -> bool:
        return self.kind is Kind.WORD and self.text[0].isupper()


URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"«»“”]{1,2000}", re.IGNORECASE)
EMAIL: Final = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_WORD_OR_MARK: Final = re.compile(r"[^\W_]+|[.:,](?=\s|$)|[!?;\n…()—–]")
PATTERNS: Final = (URL, EMAIL, _WORD_OR_MARK)

_CLOSERS: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "‹": "›", "`": "`", "‘": "’", "'": "'"}
_SINGLE: Final = frozenset("'‘")
_GLUES: Final = {"'": "'", "’": "'", "ʼ": "'", "-": "-", "‐": "-", "‑": "-"}
_COMPOUNDS: Final = frozenset(
    {"rendez-vous", "aujourd'hui", "apres-demain", "avant-hier", "week-end", "peut-etre", "e-mail", "e-mails"}
)
TITLES: Final = frozenset({"m", "mr", "mme", "mlle", "mrs", "ms", "dr", "dre", "me", "maitre", "prof", "st", "ste"})


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Without case, accents, ligatures and typographic apostrophes: what the lexicon is written in."""
    flat = text.casefold().replace("’", "'").replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFD", flat)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _addresses(text: str) -> list[Token]:
    found = []
    for match in URL.finditer(text):
        value = match.group().rstrip(".,;:!?)]}'’…")
        found.append(Token(Kind.URL, value, match.start(), match.start() + len(value)))
    hidden = blank(text, found)
    found += [Token(Kind.EMAIL, m.group(), m.start(), m.end()) for m in EMAIL.finditer(hidden)]
    return found


def blank(text: str, spans: Sequence[Token]) -> str:
    """`text` with the spans as spaces, offsets kept."""
    pieces, position = [], 0
    for span in sorted(spans, key=lambda token: token.start):
        pieces += [text[position : span.start], " " * (span.end - span.start)]
        position = span.end
    return "".join((*pieces, text[position:]))


def _opens(text: str, index: int) -> bool:
    """Whether a quote mark opens here. A single one must stand before a word, else it is an apostrophe."""
    if text[index] not in _CLOSERS:
        return False
    if text[index] not in _SINGLE:
        return True
    return (index == 0 or text[index - 1] in " \n\t(:") and index + 1 < len(text) and text[index + 1].isalnum()


def _close(text: str, index: int) -> int:
    """Where the quote opened at `index` ends, or -1."""
    closer = _CLOSERS[text[index]]
    end = text.find(closer, index + 1)
    while end != -1 and text[index] in _SINGLE and text[end + 1 : end + 2].isalnum():
        end = text.find(closer, end + 1)
    return end


def _quotes(text: str) -> list[Token]:
    found: list[Token] = []
    index, unclosed = 0, set()
    while index < len(text):
        mark = text[index]
        # Once a closer is missing it is missing for the rest: asking again would make the scan quadratic.
        if mark not in unclosed and _opens(text, index):
            end = _close(text, index)
            if end == -1:
                unclosed.add(mark)
            else:
                found.append(Token(Kind.QUOTE, text[index + 1 : end].strip(), index, end + 1))
                index = end
        index += 1
    return found


def _word(match: re.Match[str], text: str, previous: Token | None) -> Token:
    glue = ""
    if previous and previous.kind is Kind.WORD and previous.end == match.start() - 1:
        glue = _GLUES.get(text[previous.end], "")
    word = match.group()
    return Token(Kind.WORD, word, match.start(), match.end(), fold(word), word.casefold(), glue)


def _merged(previous: Token, token: Token, text: str) -> Token | None:
    """`previous` and `token` as one word when they are a compound or an English negation (don't)."""
    folded = previous.folded + token.glue + token.folded
    negation = token.glue == "'" and token.folded == "t" and previous.folded.endswith("n")
    if not (token.glue and (folded in _COMPOUNDS or negation)):
        return None
    cased = previous.cased + token.glue + token.cased
    return replace(previous, text=text[previous.start : token.end], end=token.end, folded=folded, cased=cased)


def _words(text: str) -> list[Token]:
    found: list[Token] = []
    for match in _WORD_OR_MARK.finditer(text):
        previous = found[-1] if found else None
        if not match.group()[0].isalnum():
            # The point of “M. Roy” ends no sentence.
            if not (match.group() == "." and previous and previous.folded in TITLES):
                found.append(Token(Kind.MARK, match.group(), match.start(), match.end()))
            continue
        token = _word(match, text, previous)
        merged = _merged(previous, token, text) if previous else None
        if merged:
            found[-1] = merged
        else:
            found.append(token)
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """`bare` is the text without quotes and addresses, same offsets; `all_words` has the quoted words too."""

    text: str
    bare: str
    tokens: tuple[Token, ...]
    all_words: tuple[Token, ...]

    def of_kind(self, kind: Kind) -> list[Token]:
        return [token for token in self.tokens if token.kind is kind]


def read(text: str) -> Reading:
    """Tokenise any text. Never raises."""
    text = nfc(text)
    addresses = _addresses(text)
    without = blank(text, addresses)
    quotes = _quotes(without)
    # An address inside a quote stays an address; the quote keeps its own words.
    quotes = [replace(quote, text=text[quote.start + 1 : quote.end - 1].strip()) for quote in quotes]
    bare = blank(without, quotes)
    tokens = sorted(_words(bare) + addresses + quotes, key=lambda token: (token.start, token.end))
    return Reading(text, bare, tuple(tokens), tuple(t for t in _words(without) if t.kind is Kind.WORD))
