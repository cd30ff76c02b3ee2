"""What a request speaks of: dates, amounts, addresses, people, objects, “all” words (design 4.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from agents.pipeline.intent import words as w
from agents.pipeline.intent.amounts import AmountFound, find_amounts
from agents.pipeline.intent.dates import DateFound, find_dates
from agents.pipeline.intent.nouns import nouns_of
from agents.pipeline.intent.objects import ObjectFound, Taken, find_objects, is_name_part, name_run
from agents.pipeline.intent.tokens import TITLES, Kind, Reading, Token

# Of each kind; a pasted text of 20 000 characters must not become a row of thousands of entities.
MAX_OF_A_KIND: Final = 50
_BEFORE_PEOPLE: Final = w.words("to pour for avec with chez cc from")
_AND: Final = w.words("et and")
_COURTESY: Final = TITLES - w.words("st ste")


@dataclass(frozen=True, slots=True)
class TextFound:
    """Something found, as written; offsets in characters of the NFC text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entities:
    dates: tuple[DateFound, ...] = ()
    amounts: tuple[AmountFound, ...] = ()
    emails: tuple[TextFound, ...] = ()
    urls: tuple[TextFound, ...] = ()
    people: tuple[TextFound, ...] = ()
    objects: tuple[ObjectFound, ...] = ()
    quotes: tuple[TextFound, ...] = ()
    universals: tuple[TextFound, ...] = ()

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Ready for JSON: the lane's stored output."""
        found: dict[str, list[dict[str, Any]]] = {
            key: [{"text": item.text} for item in getattr(self, key)]
            for key in ("emails", "urls", "people", "quotes", "universals")
        }
        found["dates"] = [{"text": item.text, "value": item.value.isoformat()} for item in self.dates]
        found["amounts"] = [
            {"text": item.text, "minor_units": item.minor_units, "currency": item.currency} for item in self.amounts
        ]
        found["objects"] = [
            {"text": item.text, "kind": item.kind, "name": item.name, "is_identified": item.is_identified}
            for item in self.objects
        ]
        return found


def _texts(tokens: Sequence[Token]) -> tuple[TextFound, ...]:
    return tuple(TextFound(token.text, token.start, token.end) for token in tokens[:MAX_OF_A_KIND])


def _introduces_person(token: Token, language: str) -> bool:
    return token.folded in _BEFORE_PEOPLE or token.cased == "à" or (token.folded == "a" and language == "fr")


def _person(reading: Reading, index: int, sphere: str) -> tuple[TextFound | None, int]:
    """The person named at `index`, an optional title before, and the index after."""
    tokens = reading.tokens
    start = index
    if index < len(tokens) and tokens[index].is_capitalised and tokens[index].folded in _COURTESY:
        index += 1
    end = name_run(tokens, index)
    excluded = index < len(tokens) and (
        tokens[index].folded in w.SPHERE_NAMES or tokens[index].folded in nouns_of(sphere)
    )
    if end == index or excluded:
        return None, index
    first, last = tokens[start].start, tokens[end - 1].end
    return TextFound(reading.text[first:last], first, last), end


def find_people(reading: Reading, language: str, sphere: str) -> tuple[TextFound, ...]:
    """Capitalised names after à, to, pour, for, avec, with, chez, from; “à Paul et Marie” gives both."""
    found: list[TextFound] = []
    index, tokens = 0, reading.tokens
    while index < len(tokens):
        if not _introduces_person(tokens[index], language):
            index += 1
            continue
        person, index = _person(reading, index + 1, sphere)
        while person:
            found.append(person)
            joined = index + 1 < len(tokens) and (tokens[index].folded in _AND or tokens[index].text == ",")
            # “à Paul, Envoie…” would take a verb for a name: after a comma only a plain name goes on.
            if not joined or not is_name_part(tokens[index + 1]):
                break
            person, index = _person(reading, index + 1, sphere)
    return tuple(found)


def find_universals(tokens: Sequence[Token]) -> tuple[TextFound, ...]:
    """tout, toutes, all, every… outside quotes; not “tout de suite”."""
    found = []
    for index, token in enumerate(tokens):
        if token.folded not in w.UNIVERSALS:
            continue
        ahead = tuple(item.folded for item in tokens[index : index + 3])
        if not any(ahead[: len(idiom)] == idiom for idiom in w.UNIVERSAL_IDIOMS):
            found.append(token)
    return _texts(found)


def find_entities(reading: Reading, *, today: date, language: str, sphere: str, verbs: Collection[int]) -> Entities:
    """All entities of a request, at most MAX_OF_A_KIND of each kind. Words in quotes are content.

    `verbs` are the token indices of action words.
    """
    dates, amounts = find_dates(reading, today, language), find_amounts(reading)
    objects = find_objects(reading, Taken(dates, amounts), language=language, sphere=sphere, verbs=verbs)
    return Entities(
        dates=dates[:MAX_OF_A_KIND],
        amounts=amounts[:MAX_OF_A_KIND],
        emails=_texts(reading.of_kind(Kind.EMAIL)),
        urls=_texts(reading.of_kind(Kind.URL)),
        people=find_people(reading, language, sphere)[:MAX_OF_A_KIND],
        objects=objects[:MAX_OF_A_KIND],
        quotes=_texts(reading.of_kind(Kind.QUOTE)),
        universals=find_universals(reading.tokens),
    )
