"""One search over what every app registered; results never cross identities (design 7.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from spheres.facts import SPHERE_BY_SLUG
from spheres.fulltext import excerpt, matching
from spheres.models import Capture, DataSpace, Item

MOST_RESULTS = 50
Place = tuple[int, UUID]


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched: `words` as written, at most `limit` results after the `place` of the last one seen."""

    words: str
    sphere: str = ""
    limit: int = 20
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One result; `kind` is the registered source's, `url` the page that shows it."""

    kind: str
    id: UUID
    title: str
    excerpt: str
    sphere: str
    at: datetime
    url: str
    rank: int
    icon: str = "search"

    @property
    def place(self) -> Place:
        return self.rank, self.id

    @property
    def sphere_name(self) -> str:
        return SPHERE_BY_SLUG[self.sphere].name


Source = Callable[[Question], list[Found]]
_sources: dict[str, Source] = {}


def register_source(kind: str, source: Source) -> None:
    """Adds a source. It answers a Question inside a transaction, the best first, never more than its limit."""
    if kind in _sources:
        raise ValueError(f"the search source {kind} is registered twice")
    _sources[kind] = source


def kinds() -> list[str]:
    """The registered kinds, in the order of their registration."""
    return list(_sources)


def search(question: Question, kind: str = "") -> list[Found]:
    """The best results of all sources (or of one `kind`), at most `question.limit`, in a stable order."""
    asked = [_sources[kind]] if kind else list(_sources.values())
    found = [result for source in asked for result in source(question)]
    return sorted(found, key=lambda result: result.place, reverse=True)[: question.limit]


def best(rows: Any, question: Question) -> Any:
    """The rows of one table that answer the question: filter, rank, keyset and limit for any source."""
    rows = matching(rows, question.words)
    if question.sphere:
        rows = rows.filter(sphere=question.sphere)
    if question.place is not None:
        rank, pk = question.place
        rows = rows.filter(Q(rank__lt=rank) | Q(rank=rank, pk__lt=pk))
    return rows[: question.limit]


ITEM_ICONS = {
    "note": "sticky-note",
    "task": "clipboard-list",
    "link": "link",
    "document": "file-text",
    "reference": "bookmark",
    "decision": "gavel",
}


def find_items(question: Question) -> list[Found]:
    return [
        Found(
            kind="item",
            id=item.pk,
            title=item.title,
            excerpt=excerpt(item.content, question.words),
            sphere=item.sphere,
            at=item.changed_at,
            url=reverse("item-detail", args=[item.pk]),
            rank=item.rank,
            icon=ITEM_ICONS[item.type],
        )
        for item in best(Item.objects.alive(), question)
    ]


def find_captures(question: Question) -> list[Found]:
    """Captures nobody has filed yet; a filed one is found as what it became."""
    return [
        Found(
            kind="capture",
            id=capture.pk,
            title=excerpt(capture.content, question.words),
            excerpt="",
            sphere=capture.sphere,
            at=capture.created_at,
            url=reverse("sphere-capture", args=[capture.sphere]),
            rank=capture.rank,
            icon="zap",
        )
        for capture in best(Capture.objects.waiting(), question)
    ]


def find_dataspaces(question: Question) -> list[Found]:
    return [
        Found(
            kind="dataspace",
            id=space.pk,
            title=space.name,
            excerpt=space.get_type_display(),
            sphere=space.sphere,
            at=space.changed_at,
            url=reverse("dataspace-detail", args=[space.pk]),
            rank=space.rank,
            icon="folder",
        )
        for space in best(DataSpace.objects.visible(), question)
    ]
