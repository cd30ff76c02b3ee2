"""What `/home/` shows, provided by the apps that have it (design 7.1).

Register in an AppConfig's `ready()` (or, for governance, where the site is wired). What has no provider,
or nothing to show, is not on the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any

from django.db.models import F, OuterRef, TextField, Value
from django.utils.timezone import now

from spheres.facts import SPHERE_BY_SLUG, Sphere
from spheres.models import Sphere as SphereRow
from spheres.querysets import Capped

FRESH = timedelta(days=7)
RESUME_ON_HOME = 4
NOWHERE = Value(None, TextField(null=True))


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


@dataclass(frozen=True, slots=True)
class Changed:
    """A row of a ResumeSource, as it is read."""

    id: Any
    title: str
    type: str
    sphere: str
    place: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ResumeSource:
    """Something that can be gone on with.

    `rows(sphere slug or "")`: a queryset with the columns title, type and sphere, the newest first by `at`;
    `place`: the expression that names where a row is, if anything does; `shown(row)`: how a page shows it.
    """

    rows: Callable[[str], Any]
    at: str
    shown: Callable[[Changed], Resumable]
    place: Any = NOWHERE


Rows = Callable[[], list[Any]]

_strips: dict[Slot, tuple[str, Rows]] = {}
_resume: list[ResumeSource] = []
_waiting: list[Callable[[], Any]] = []
_activity: list[Callable[[datetime], Any]] = []


def register_strip(slot: Slot, template: str, rows: Rows) -> None:
    """Fills a slot: `rows()` answers inside a transaction; an empty list hides the slot."""
    if slot in _strips:
        raise ValueError(f"the slot {slot} is registered twice")
    _strips[slot] = (template, rows)


def register_resume(source: ResumeSource) -> None:
    """Adds what was changed last there to `resume()`: all sources are read in one query."""
    _resume.append(source)


def register_waiting(spheres: Callable[[], Any]) -> None:
    """`spheres()`: a queryset with the sphere slug ("" for none) of each decision that waits for the person."""
    _waiting.append(spheres)


def register_activity(rows: Callable[[datetime], Any]) -> None:
    """`rows(since)`: a queryset of what is new since then, with a column `sphere`."""
    _activity.append(rows)


def strips() -> dict[str, Strip]:
    """The filled slots by name."""
    filled = {slot.value: Strip(template, rows()) for slot, (template, rows) in _strips.items()}
    return {name: strip for name, strip in filled.items() if strip.rows}


def resume(sphere: str = "", most: int = RESUME_ON_HOME) -> list[Resumable]:
    """What was changed last, of all sources."""
    parts = [_changed(number, source, sphere)[:most] for number, source in enumerate(_resume)]
    rows = parts[0].union(*parts[1:], all=True).order_by("-at")[:most]
    return [_resume[number].shown(Changed(*row)) for number, *row in rows]


def _changed(number: int, source: ResumeSource, sphere: str) -> Any:
    rows = source.rows(sphere).annotate(source=Value(number), place=source.place, at=F(source.at))
    return rows.values_list("source", "id", "title", "type", "sphere", "place", "at")


def by_sphere(slugs: Iterable[str]) -> Counter[str]:
    """How many decisions wait in each sphere; those that belong to none are not among them."""
    return Counter(slug for slug in slugs if slug)


def waiting() -> Counter[str]:
    """Decisions that wait, by sphere."""
    return by_sphere(slug for spheres in _waiting for slug in spheres())


def activity() -> Counter[str]:
    """What is new in the last seven days, by sphere; of each kind up to a hundred in each."""
    since = now() - FRESH
    counts = [Capped(rows(since).filter(sphere=OuterRef("slug"))) for rows in _activity]
    found = SphereRow.objects.order_by().values_list("slug", reduce(add, counts))
    return Counter({slug: count for slug, count in found if count})
