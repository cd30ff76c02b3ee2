"""What `/home/` shows, provided by the apps that have it (design 7.1).

Register in an AppConfig's `ready()` (or, for governance, where the site is wired). What has no provider,
or nothing to show, is not on the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.timezone import now

from spheres.facts import SPHERE_BY_SLUG, Sphere

FRESH = timedelta(days=7)
RESUME_ON_HOME = 4


class Slot(StrEnum):
    """The places of `/home/` that other apps fill."""

    APPROVALS = "approvals"
    RUNS = "runs"
    DEADLINES = "deadlines"
    MEETINGS = "meetings"


@dataclass(frozen=True, slots=True)
class Strip:
    """A filled slot: `template` draws it (with its own heading) from the variable `rows`."""

    template: str
    rows: list[Any]


@dataclass(frozen=True, slots=True)
class Resumable:
    """Something a person was at: an item, a thread, a workspace."""

    title: str
    meta: str
    url: str
    sphere_slug: str
    icon: str
    at: datetime

    @property
    def sphere(self) -> Sphere:
        return SPHERE_BY_SLUG[self.sphere_slug]


Rows = Callable[[], list[Any]]
ResumeProvider = Callable[[str, int], list[Resumable]]
PerSphere = Callable[[datetime], dict[str, int]]

_strips: dict[Slot, tuple[str, Rows]] = {}
_resume: list[ResumeProvider] = []
_waiting: list[Callable[[], dict[str, int]]] = []
_activity: list[PerSphere] = []


def register_strip(slot: Slot, template: str, rows: Rows) -> None:
    """Fills a slot: `rows()` answers inside a transaction; an empty list hides the slot."""
    if slot in _strips:
        raise ValueError(f"the slot {slot} is registered twice")
    _strips[slot] = (template, rows)


def register_resume(provider: ResumeProvider) -> None:
    """`provider(sphere slug or "", most)`: what was changed last, the newest first."""
    _resume.append(provider)


def register_waiting(provider: Callable[[], dict[str, int]]) -> None:
    """`provider()`: how many decisions wait for the person, by sphere slug."""
    _waiting.append(provider)


def register_activity(provider: PerSphere) -> None:
    """`provider(since)`: how much is new since then, by sphere slug; each count capped at 100."""
    _activity.append(provider)


def strips() -> dict[str, Strip]:
    """The filled slots by name."""
    filled = {slot.value: Strip(template, rows()) for slot, (template, rows) in _strips.items()}
    return {name: strip for name, strip in filled.items() if strip.rows}


def resume(sphere: str = "", most: int = RESUME_ON_HOME) -> list[Resumable]:
    """What was changed last, of all providers."""
    found = [row for provider in _resume for row in provider(sphere, most)]
    return sorted(found, key=lambda row: row.at, reverse=True)[:most]


def waiting() -> Counter[str]:
    """Decisions that wait, by sphere."""
    return sum((Counter(provider()) for provider in _waiting), Counter())


def activity() -> Counter[str]:
    """What is new in the last seven days, by sphere."""
    since = now() - FRESH
    return sum((Counter(provider(since)) for provider in _activity), Counter())
