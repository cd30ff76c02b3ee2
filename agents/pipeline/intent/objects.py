"""The things of a sphere that a request names: “la note Facture”, “invoice 2043” (design 4.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agents.pipeline.intent import words as w
from agents.pipeline.intent.amounts import AmountFound
from agents.pipeline.intent.dates import MONTHS, WEEKDAYS, DateFound
from agents.pipeline.intent.language import STOP_WORDS
from agents.pipeline.intent.nouns import nouns_of
from agents.pipeline.intent.tokens import Kind, Reading, Token

LONGEST_NAME: Final = 5
_BEFORE_NAME: Final = w.DETERMINERS | w.CLITICS
_FILE_JOINTS: Final = frozenset("._-")
_LINKS: Final = w.words(
    "de d du des intitulé intitulée nommé nommée appelé appelée called named titled numéro no n nr number about sur"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Dates and amounts: their numbers name no object (“la facture de 84,20 $”)."""

    dates: Sequence[DateFound] = ()
    amounts: Sequence[AmountFound] = ()


@dataclass(frozen=True, slots=True)
class ObjectFound:
    """`kind` is "" for a bare name. `is_identified`: a name, number or day says which one it is."""

    text: str
    kind: str
    name: str
    is_plural: bool
    is_identified: bool
    start: int
    end: int


def is_name_part(token: Token) -> bool:
    """A capitalised word that is no day, month, or small word."""
    common = token.folded in STOP_WORDS or token.folded in WEEKDAYS or token.folded in MONTHS
    return token.is_capitalised and not common


def name_run(tokens: Sequence[Token], index: int) -> int:
    """The end of the capitalised name that begins at `index`; `index` itself when there is none."""
    end = index
    while end < len(tokens) and end - index < LONGEST_NAME and is_name_part(tokens[end]):
        if end > index and tokens[end].start - tokens[end - 1].end > 1:
            break
        end += 1
    return end


class _Finder:
    def __init__(self, reading: Reading, taken: Taken, language: str, sphere: str, verbs: Collection[int]) -> None:
        self.reading, self.tokens = reading, reading.tokens
        self.nouns, self.verbs, self.is_english = nouns_of(sphere), verbs, language == "en"
        # Every position of a date or an amount once, so that asking about a token costs nothing.
        self.dated = _positions(taken.dates)
        self.counted = self.dated | _positions(taken.amounts)

    def _folded(self, index: int) -> str:
        return self.tokens[index].folded if 0 <= index < len(self.tokens) else ""

    def _is_dated(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].start in self.dated

    def _name_end(self, index: int) -> int:
        """The end of the name at `index` (quoted, capitalised, or a file's), else `index`."""
        if index >= len(self.tokens) or index in self.verbs:
            return index
        if self.tokens[index].kind is Kind.QUOTE:
            return index + 1
        return max(name_run(self.tokens, index), self._file_end(index))

    def _file_end(self, index: int) -> int:
        """The end of “plan_v2.pdf” at `index`, or `index` when no point joins two words there."""
        end, has_point = index + 1, False
        while end < len(self.tokens) and end - index < LONGEST_NAME:
            between = self.reading.text[self.tokens[end - 1].end : self.tokens[end].start]
            if between not in _FILE_JOINTS:
                break
            has_point |= between == "."
            end += 1
        return end if has_point else index

    def _named_after(self, index: int) -> tuple[int, int]:
        """(start, end) of the name that follows the noun before `index`; equal when there is none."""
        for _link in range(2):
            if self._folded(index) in _LINKS or self._folded(index) in ("le", "the"):
                index += 1
        end = self._name_end(index)
        if end == index and self._folded(index)[:1].isdigit() and self.tokens[index].start not in self.counted:
            return index, index + 1
        return index, end

    def _is_name_of_next(self, index: int) -> bool:
        """“the Budget note”: in English a capitalised noun before a noun is that noun's name."""
        return self.is_english and is_name_part(self.tokens[index]) and self._folded(index + 1) in self.nouns

    def _named_before(self, index: int) -> int:
        """Where the name before the noun at `index` begins (“the Budget note”), or `index`."""
        if not self.is_english:
            return index
        if index and self.tokens[index - 1].kind is Kind.QUOTE:
            return index - 1
        start = index
        while start > max(0, index - LONGEST_NAME) and is_name_part(self.tokens[start - 1]):
            if start - 1 in self.verbs:
                break
            start -= 1
        return start if self._folded(start - 1) in w.DETERMINERS or start - 1 in self.verbs else index

    def _own_name(self, index: int) -> str:
        """“Supprime Facture”: a capitalised noun right after the verb is a name (not in capitals)."""
        token = self.tokens[index]
        is_name = index - 1 in self.verbs and is_name_part(token) and not token.text.isupper()
        return token.text if is_name else ""

    def _noun(self, index: int) -> tuple[ObjectFound, int] | None:
        entry = self.nouns.get(self._folded(index))
        if entry is None or index in self.verbs or self._is_name_of_next(index):
            return None
        kind, is_plural = entry
        before = self._named_before(index)
        start, end = (before, index) if before < index else self._named_after(index + 1)
        name = self._text(start, end) or self._own_name(index)
        is_this = kind == "thread" and self._folded(index - 1) in ("ce", "cette", "this")
        is_dated = not is_plural and any(self._is_dated(index + step) for step in (1, 2, 3))
        first, last = min(before, index), max(end, index + 1) if start < end else index + 1
        identified = bool(name) or is_this or is_dated
        return self._object(kind, name, is_plural, identified, first, last), last

    def _text(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        if self.tokens[start].kind is Kind.QUOTE:
            return self.tokens[start].text
        return self.reading.text[self.tokens[start].start : self.tokens[end - 1].end]

    def _object(self, kind: str, name: str, is_plural: bool, identified: bool, first: int, last: int) -> ObjectFound:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        return ObjectFound(self.reading.text[start:end], kind, name, is_plural, identified, start, end)

    def _bare(self, index: int) -> tuple[ObjectFound, int] | None:
        """“Supprime Facture”, “Supprime « Facture »”: a name alone, right after a verb."""
        if index not in self.verbs:
            return None
        start = index + 1
        while start < index + 4 and (self._folded(start) in _BEFORE_NAME or start in self.verbs):
            start += 1
        end = self._name_end(start)
        # “Supprime Note Facture”, “Delete Budget note”: the noun tells it better.
        if end == start or self._folded(start) in self.nouns or self._folded(end) in self.nouns:
            return None
        return self._object("", self._text(start, end), False, True, start, end), end

    def _joined(self, before: ObjectFound, index: int) -> tuple[ObjectFound, int] | None:
        """The next name of a list: “les notes « A » et « B »”."""
        joins = index + 1 < len(self.tokens) and (self._folded(index) in w.JOINS or self.tokens[index].text == ",")
        end = self._name_end(index + 1) if before.name and joins else index + 1
        if end == index + 1 or self._folded(index + 1) in self.nouns:
            return None
        name = self._text(index + 1, end)
        return self._object(before.kind, name, before.is_plural, True, index + 1, end), end

    def find(self) -> Iterator[ObjectFound]:
        index = 0
        while index < len(self.tokens):
            found = self._noun(index) or self._bare(index)
            index += 1
            while found:
                yield found[0]
                index = max(found[1], index)
                found = self._joined(found[0], index)


def _positions(spans: Sequence[DateFound] | Sequence[AmountFound]) -> set[int]:
    return {position for span in spans for position in range(span.start, span.end)}


def find_objects(
    reading: Reading, taken: Taken, *, language: str, sphere: str, verbs: Collection[int]
) -> tuple[ObjectFound, ...]:
    """The objects named, in order. `verbs` are the token indices of action words, which are no nouns."""
    return tuple(_Finder(reading, taken, language, sphere, verbs).find())
