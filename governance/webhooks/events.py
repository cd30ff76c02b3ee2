"""Which events a webhook may be told of: a closed list, registered by the apps (design 3.10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from governance.audit.entries import News

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Event:
    """`data(object id)` tells of the object as the API does, in the transaction of the change; None: it is gone.

    `kinds`: the news it follows from; `when` narrows them.
    """

    name: str
    label: str | Promise
    kinds: tuple[str, ...]
    data: Callable[[UUID], dict[str, Any] | None]
    when: Callable[[News], bool] | None = None


_events: dict[str, Event] = {}
_by_kind: dict[str, list[Event]] = defaultdict(list)


def register_event(
    name: str,
    label: str | Promise,
    data: Callable[[UUID], dict[str, Any] | None],
    *,
    kinds: tuple[str, ...] = (),
    when: Callable[[News], bool] | None = None,
) -> None:
    """Offers an event; by default it follows from the news of the same name. The same once more changes nothing."""
    if name in _events:
        if _events[name].kinds != (kinds or (name,)):
            raise ValueError(f"the event {name} is registered twice")
        return
    event = _events[name] = Event(name, label, kinds or (name,), data, when)
    for kind in event.kinds:
        _by_kind[kind].append(event)


def offered() -> dict[str, Event]:
    """Every event there is, by name, sorted."""
    return dict(sorted(_events.items()))


def following(news: News) -> list[Event]:
    """The events that a piece of news is."""
    return [event for event in _by_kind.get(news.kind, ()) if event.when is None or event.when(news)]
