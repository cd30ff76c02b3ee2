"""The six tiles of a sphere: each app registers what its section shows (design 7.1).

`register_section(SectionKey.THREADS, provider)` in an AppConfig's `ready()`; a section nobody
registered says honestly that it is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from spheres.facts import Section, SectionKey, Sphere
from spheres.querysets import MOST_COUNTED

ROWS_IN_A_TILE = 3
ROWS_IN_A_LIST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One useful row. `tone` is a status tone of the `status` tag; without `status` it is not shown."""

    title: str
    url: str
    meta: str = ""
    icon: str = ""
    at: datetime | None = None
    status: str = ""
    tone: str = "off"


@dataclass(frozen=True, slots=True)
class Tile:
    """What a section shows on its sphere's page.

    `count` is capped at 100 (“99+” on screen), `counted` says it in words; `empty` is the one sentence
    shown without rows; `action` the label of the way in.
    """

    rows: list[Row] = field(default_factory=list)
    count: int = 0
    counted: str = ""
    empty: str | Promise = ""
    action: str | Promise = ""


Provider = Callable[[Sphere, int], Tile]
_providers: dict[SectionKey, Provider] = {}

UNREGISTERED = {
    SectionKey.THREADS: _("No thread in this sphere yet."),
    SectionKey.AGENTS: _("No agent works in this sphere. An agent never starts by itself."),
    SectionKey.MEETINGS: _("No meeting is planned in this sphere."),
}


def register_section(key: SectionKey, provider: Provider) -> None:
    """`provider(sphere, most)` answers inside a transaction, with at most `most` rows."""
    if key in _providers:
        raise ValueError(f"the section {key} is registered twice")
    _providers[key] = provider


def tile(sphere: Sphere, section: Section, most: int = ROWS_IN_A_TILE) -> Tile:
    """What the section of the sphere shows now."""
    provider = _providers.get(section.key)
    return provider(sphere, most) if provider else Tile(empty=UNREGISTERED.get(section.key, ""))


def section_url(sphere: Sphere, section: Section) -> str:
    """The page of a section: the same address whichever app draws it."""
    return f"{reverse('sphere-home', args=[sphere])}{section.slug}/"


def figure(count: int) -> str:
    """A capped count as it is written."""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def bureau(sphere: Sphere) -> list[dict[str, Any]]:
    """All six sections in the sphere's order, each with its tile and address."""
    return [
        {"section": section, "tile": tile(sphere, section), "url": section_url(sphere, section)}
        for section in sphere.sections
    ]
