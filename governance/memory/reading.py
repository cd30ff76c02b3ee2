"""What is remembered, as it is asked for by pages and programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from pydantic import Field

from governance.isolation.context import current
from governance.memory.models import Category, MemoryItem, Type
from governance.memory.sessions import session_of
from governance.registry.actions import Params


class MemoryQuery(Params):
    """Narrows the list; without `state` everything that is kept, proposals included."""

    state: MemoryItem.Status | None = None
    type: Type | None = None
    category: Category | None = None
    sphere: str = Field(default="", max_length=13)
    place: UUID | None = None


class MemorySearch(MemoryQuery):
    q: str = Field(min_length=1, max_length=200)


def everything() -> Any:
    """All that the bound person may see, tombstones included."""
    actor = current()
    return MemoryItem.objects.visible_to(actor, session_of(actor))


def asked_for(asked: MemoryQuery) -> Any:
    """The rows of a question; what is past its end is in no list, even before the sweep has been there."""
    rows = everything()
    if asked.state != MemoryItem.Status.DELETED:
        rows = rows.alive(timezone.now())
    rows = rows.narrowed(
        status=asked.state, type=asked.type, category=asked.category, sphere=asked.sphere, place_id=asked.place
    )
    words = getattr(asked, "q", "")
    return rows.matching(words) if words else rows
