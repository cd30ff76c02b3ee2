"""What may be told at all: a closed list of events, to which every app adds its own (design 3.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime

from governance.notifications.models import Notification
from governance.people.models import Role

Type, Source = Notification.Type, Notification.Source
Words = str | Promise
LONGEST_FACT = 200
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading among the preferences, and its place."""

    label: Words
    place: int


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of fact. All words are lazy: they are found in the language of who reads.

    `label`: its line among the preferences, under the heading `group`; `title` and `body`: what the page says,
    with the `facts` in place of `%(name)s`; `line`: all that an e-mail says, with `%(identity)s` alone.
    `in_app`, `email`: the defaults. `always`: nobody can switch it off, it passes quiet hours, and who acts is
    told as well, since it may not have been them. `mailed`: the change sends an e-mail of its own, so none of ours.
    """

    key: str
    group: Group
    label: Words
    title: Words
    line: Words
    body: Words = ""
    facts: frozenset[str] = frozenset()
    type: str = Type.INFO
    source: str = Source.SYSTEM
    in_app: bool = True
    email: bool = False
    always: bool = False
    mailed: bool = False
    kept: timedelta = KEPT

    def said(self, words: Words, facts: Mapping[str, Any]) -> str:
        """The words with the facts in them, in the language and time zone of who reads."""
        return str(words) % {name: shown_fact(name, facts.get(name, "")) for name in self.facts}


_events: dict[str, Event] = {}


def register_event(event: Event) -> Event:
    """Adds an event to the list. The same once more changes nothing; another of that name is a ValueError."""
    if _events.setdefault(event.key, event) != event:
        raise ValueError(f"the event {event.key} is registered twice")
    return event


def get_event(key: str) -> Event | None:
    """None for an event of a release that knew more than this one."""
    return _events.get(key)


def all_events() -> list[Event]:
    """All of them, by group, and in the order in which they were registered."""
    return sorted(_events.values(), key=lambda event: event.group.place)


def _moment(value: Any) -> str:
    return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT") if value else ""


_said: dict[str, Callable[[Any], str]] = {
    "at": _moment,
    "credits": lambda value: number_format(value, force_grouping=True),
    "role": lambda value: str(dict(Role.choices).get(value, value)),
}


def register_fact(name: str, said: Callable[[Any], str]) -> None:
    """How a fact that is kept as a code is said, in every event that has one of that name."""
    _said[name] = said


def shown_fact(name: str, value: Any) -> str:
    return _said[name](value) if name in _said else str(value)


def checked_facts(event: Event, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, if they are those of the event, and small. Raises ValueError otherwise."""
    if facts.keys() != event.facts:
        raise ValueError(f"{event.key} is told with {sorted(event.facts)}, not {sorted(facts)}")
    return {name: value if isinstance(value, int) else str(value)[:LONGEST_FACT] for name, value in facts.items()}
