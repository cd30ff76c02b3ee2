"""What a list of threads may be asked for, on pages and in the API alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput
from governance.registry.actions import Params
from spheres.facts import SphereSlug
from threads.models import Decision, Thread
from threads.querysets import ThreadQuerySet


class ThreadFilter(Params):
    """Each condition narrows the list; none of them: everything."""

    sphere: SphereSlug | None = None
    status: Thread.Status | None = None
    type: Thread.Type | None = None
    q: str = Field(default="", max_length=200, description="Words of the title.")

    def apply(self, rows: ThreadQuerySet) -> ThreadQuerySet:
        exact = {name: value for name, value in self if name != "q" and value is not None}
        return rows.filter(**exact, **({"title__icontains": self.q} if self.q else {}))


class MessageFilter(Params):
    """`after`: only what was said after this message; `order`: `oldest` or `newest` first."""

    after: UUID | None = None
    order: Literal["oldest", "newest"] = "oldest"


class DecisionFilter(Params):
    status: Decision.Status | None = None


def cursor_of(thread: Thread) -> str:
    """Where a page of threads, the most recently active first, ends."""
    return f"{thread.last_activity_at.isoformat()}~{thread.pk}"


def place_of(cursor: str) -> tuple[datetime, UUID]:
    """The place a cursor names; raises BadInput when it names none."""
    moment, _sign, pk = cursor.partition("~")
    try:
        place = datetime.fromisoformat(moment), UUID(pk)
    except ValueError as error:
        raise BadInput(errors={"before": [_("This page of the list does not exist.")]}) from error
    if place[0].tzinfo is None:
        raise BadInput(errors={"before": [_("This page of the list does not exist.")]})
    return place


def id_of(value: str, name: str) -> UUID:
    """An id given in an address; raises BadInput naming it when it is none."""
    try:
        return UUID(value)
    except ValueError as error:
        raise BadInput(errors={name: [_("This is not an id.")]}) from error


def page_of(rows: Any, size: int) -> tuple[list[Any], bool]:
    """The first `size` rows, and whether more follow; one query."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size
