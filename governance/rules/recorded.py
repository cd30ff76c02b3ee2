"""The facts of an act as a verdict keeps them, and as a later look reads them. Pure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from governance.rules.conditions import KEYS

# Found only when a rule asks for them, so a verdict may lack them.
LATE = frozenset({"budget_used_percent", "hour", "weekday", "deciders"})
FROM_TIME = frozenset({"hour", "weekday"})


class Telling(Mapping[str, Any]):
    """Facts that answer every key of conditions.KEYS, and say which they know."""

    @abstractmethod
    def told(self) -> dict[str, Any]:
        """What is known so far, without what is absent."""

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)


class NotRecorded(LookupError):
    """A rule asks for what nobody looked up at that time."""


class Recorded(Telling):
    """The facts a verdict kept. Hour and weekday are found from its time; what nobody looked up is not known."""

    def __init__(self, facts: Mapping[str, Any], at: datetime | None = None, zone: ZoneInfo | None = None) -> None:
        self._facts, self._at, self._zone = facts, at, zone

    def __getitem__(self, key: str) -> Any:
        if key in self._facts:
            return self._facts[key]
        if key not in LATE:
            KEYS[key]  # no such key is an error, an absent fact is none
            return None
        if key not in FROM_TIME or self._at is None or self._zone is None:
            raise NotRecorded(key)
        moment = self._at.astimezone(self._zone)
        return moment.hour if key == "hour" else moment.isoweekday()

    def told(self) -> dict[str, Any]:
        return {key: self._facts[key] for key in KEYS if self._facts.get(key) is not None}


def told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What `facts` know, in the order of the keys."""
    if isinstance(facts, Telling):
        return facts.told()
    return {key: facts[key] for key in KEYS if facts.get(key) is not None}
