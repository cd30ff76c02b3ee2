"""Dates in a request, absolute and relative, in French and English (design 4.1)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from agents.pipeline.intent.tokens import Kind, Reading, Token
from agents.pipeline.intent.words import words


@dataclass(frozen=True, slots=True)
class DateFound:
    text: str
    value: date
    start: int
    end: int


def _numbered(*names: str) -> dict[str, int]:
    return {name: number for number, group in enumerate(names, 1) for name in words(group)}


MONTHS: Final = _numbered(
    "janvier january", "février february", "mars march", "avril april", "mai may", "juin june",
    "juillet july", "août august", "septembre september", "octobre october", "novembre november",
    "décembre december",
)  # fmt: skip
WEEKDAYS: Final = _numbered(
    "lundi monday", "mardi tuesday", "mercredi wednesday", "jeudi thursday", "vendredi friday",
    "samedi saturday", "dimanche sunday",
)  # fmt: skip
_OFFSETS: Final = {
    "aujourd'hui": 0, "today": 0, "demain": 1, "tomorrow": 1, "apres-demain": 2, "hier": -1, "yesterday": -1,
    "avant-hier": -2,
}  # fmt: skip
_SMALL: Final = _numbered(
    "un une one", "deux two", "trois three", "quatre four", "cinq five", "six", "sept seven", "huit eight",
    "neuf nine", "dix ten",
)  # fmt: skip
_DAYS_IN: Final = dict.fromkeys(words("jour jours day days"), 1) | dict.fromkeys(
    words("semaine semaines week weeks"), 7
)
_PAST: Final = words("dernier dernière passé passée")
_DAY: Final = re.compile(r"([0-9]{1,2})(?:er|e|st|nd|rd|th)?")
_YEAR: Final = re.compile(r"[0-9]{4}")
_SLASHED: Final = re.compile(r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?![0-9/])")
PATTERNS: Final = (_DAY, _YEAR, _SLASHED)

# What one form found: the date and the index of the token after it.
_Match = tuple[date, int]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shift(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None


def _coming(today: date, month: int, day: int) -> date | None:
    """The first such day from `today` on; 29 February may be up to eight years away."""
    candidates = (_date(today.year + ahead, month, day) for ahead in range(9))
    return next((found for found in candidates if found and found >= today), None)


class _Reader:
    def __init__(self, tokens: Sequence[Token], today: date) -> None:
        self.tokens, self.today = tokens, today

    def folded(self, index: int) -> str:
        return self.tokens[index].folded if 0 <= index < len(self.tokens) else ""

    def at(self, index: int) -> _Match | None:
        """The date that begins at `index`, the longest form first."""
        if self.tokens[index].kind is not Kind.WORD:
            return None
        forms = (self._iso, self._written, self._weekday, self._named, self._counted)
        return next((match for form in forms if (match := form(index))), None)

    def _found(self, value: date | None, end: int) -> _Match | None:
        return (value, end) if value else None

    def _number(self, index: int) -> int:
        word = self.folded(index)
        is_short = word.isascii() and word.isdigit() and len(word) <= 4
        return int(word) if is_short else _SMALL.get(word, 0)

    def _iso(self, index: int) -> _Match | None:
        parts = self.tokens[index : index + 3]
        sizes = [len(part.folded) for part in parts]
        digits = all(part.folded.isascii() and part.folded.isdigit() for part in parts)
        if sizes != [4, 2, 2] or not digits or parts[1].glue != "-" or parts[2].glue != "-":
            return None
        return self._found(_date(*(int(part.folded) for part in parts)), index + 3)

    def _day(self, index: int) -> int:
        match = _DAY.fullmatch(self.folded(index))
        return int(match[1]) if match else 0

    def _written(self, index: int) -> _Match | None:
        """“3 mars [2027]”, “1er of May”, “March 3rd[, 2027]”, after an optional weekday."""
        if self.folded(index) in WEEKDAYS:
            index += 1
            while self.folded(index) in ("le", "the") or self._is_comma(index):
                index += 1
        if self.folded(index) in MONTHS:
            return self._dated(MONTHS[self.folded(index)], self._day(index + 1), index + 2)
        end = index + 2 if self.folded(index + 1) == "of" else index + 1
        return self._dated(MONTHS.get(self.folded(end), 0), self._day(index), end + 1)

    def _is_comma(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].text == ","

    def _dated(self, month: int, day: int, end: int) -> _Match | None:
        if not (month and day):
            return None
        year_at = end + 1 if self._is_comma(end) else end
        if _YEAR.fullmatch(self.folded(year_at)):
            return self._found(_date(int(self.folded(year_at)), month, day), year_at + 1)
        return self._found(_coming(self.today, month, day), end)

    def _weekday(self, index: int) -> _Match | None:
        """The coming one, today excluded; “dernier” and “last” the one before today."""
        english = self.folded(index) in ("next", "last", "this")
        weekday = WEEKDAYS.get(self.folded(index + 1 if english else index))
        if not weekday:
            return None
        end = index + 2 if english else index + 1
        is_past = self.folded(index) == "last" or self.folded(end) in _PAST
        if self.folded(end) in _PAST | {"prochain"}:
            end += 1
        ahead = (weekday - self.today.isoweekday() - 1) % 7 + 1
        behind = (self.today.isoweekday() - weekday - 1) % 7 + 1
        return self._found(_shift(self.today, -behind if is_past else ahead), end)

    def _named(self, index: int) -> _Match | None:
        if [self.folded(index + step) for step in range(3)] == ["day", "after", "tomorrow"]:
            return self._found(_shift(self.today, 2), index + 3)
        days = _OFFSETS.get(self.folded(index))
        return None if days is None else self._found(_shift(self.today, days), index + 1)

    def _counted(self, index: int) -> _Match | None:
        """“dans 3 jours”, “in two weeks”, “il y a 3 jours”, “3 days ago”."""
        if self.folded(index) in ("dans", "in"):
            return self._counted_from(index + 1, 1)
        if [self.folded(index + step) for step in range(3)] == ["il", "y", "a"]:
            return self._counted_from(index + 3, -1)
        match = self._counted_from(index, -1)
        return (match[0], match[1] + 1) if match and self.folded(match[1]) == "ago" else None

    def _counted_from(self, index: int, sign: int) -> _Match | None:
        count, unit = self._number(index), self.folded(index + 1)
        if not count:
            return None
        if unit in ("mois", "month", "months"):
            return self._found(self._months(sign * count), index + 2)
        days = _DAYS_IN.get(unit)
        return self._found(_shift(self.today, sign * count * days), index + 2) if days else None

    def _months(self, count: int) -> date | None:
        """The same day of the month `count` months away, or the month's last day."""
        years, month = divmod(self.today.month - 1 + count, 12)
        year = self.today.year + years
        return _date(year, month + 1, min(self.today.day, monthrange(year, month + 1)[1]))


def _slashed(reading: Reading, language: str) -> list[DateFound]:
    """Day first in French; month first in English, unless that is no month."""
    found = []
    for match in _SLASHED.finditer(reading.bare):
        first, second, year = (int(group) for group in match.groups())
        month_first = language == "en" and first <= 12
        value = _date(year, first, second) if month_first else _date(year, second, first)
        if value:
            found.append(DateFound(match.group(), value, match.start(), match.end()))
    return found


def find_dates(reading: Reading, today: date, language: str) -> tuple[DateFound, ...]:
    """The dates outside quotes, in order; impossible ones (31 February) are no dates."""
    reader = _Reader(reading.tokens, today)
    found = _slashed(reading, language)
    index = 0
    while index < len(reading.tokens):
        match = reader.at(index)
        if match:
            start, end = reading.tokens[index].start, reading.tokens[match[1] - 1].end
            found.append(DateFound(reading.text[start:end], match[0], start, end))
        index = match[1] if match else index + 1
    return tuple(sorted(found, key=lambda item: item.start))
