"""Reads of captures, DataSpaces and items, always inside the bound identity."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db.models import F, IntegerField, Q, Subquery
from django.utils.timezone import now

from governance.isolation.querysets import ScopedQuerySet

TRASH_DAYS = 30
MOST_COUNTED = 100


class Capped(Subquery):
    """How many rows there are, `most` standing for “that many or more”: a column beside the rows of another query."""

    template = "(SELECT count(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()

    def __init__(self, rows: Any, most: int = MOST_COUNTED) -> None:
        super().__init__(rows.order_by().values("pk")[:most])


class CountedQuerySet(ScopedQuerySet):
    """Counts that stop early: no list of ours counts a whole table."""

    def capped(self, most: int = MOST_COUNTED) -> int:
        """How many there are, `most` standing for “that many or more”."""
        return self.order_by()[:most].count()

    def first_counted(self, most: int) -> tuple[list[Any], int]:
        """The first rows, and how many there are (capped): one query for both."""
        rows = list(self.annotate(capped_count=Capped(self))[:most])
        return rows, rows[0].capped_count if rows else 0

    def in_sphere(self, sphere: str) -> Self:
        """All of them when `sphere` is empty."""
        return self.filter(sphere=sphere) if sphere else self


class CaptureQuerySet(CountedQuerySet):
    def waiting(self) -> Self:
        """What nobody has filed yet."""
        return self.filter(status__in=("captured", "processing"))


class DataSpaceQuerySet(CountedQuerySet):
    def visible(self) -> Self:
        """All but those in the trash."""
        return self.exclude(status="deleted")

    def active(self) -> Self:
        return self.filter(status="active")

    def in_trash(self) -> Self:
        """What can still be restored."""
        return self.filter(status="deleted", deleted_at__gt=trash_limit())


class ItemQuerySet(CountedQuerySet):
    def alive(self) -> Self:
        """All but those in the trash."""
        return self.filter(deleted_at__isnull=True)

    def in_trash(self) -> Self:
        """What can still be restored by itself: what was deleted with its DataSpace comes back with it."""
        return self.filter(deleted_at__gt=trash_limit(), dataspace__deleted_at__isnull=True)

    def tasks(self) -> Self:
        return self.alive().filter(type="task")

    def open_tasks(self) -> Self:
        return self.tasks().exclude(status="complete")

    def due_by(self, day: date) -> Self:
        """Open tasks due on `day` or before, the oldest first."""
        return self.open_tasks().filter(due_on__lte=day).order_by("due_on", "id")

    def by_due_date(self) -> Self:
        """The most urgent first: by day (none last), then the newest."""
        return self.order_by(F("due_on").asc(nulls_last=True), "-id")

    def last_changed(self) -> Self:
        return self.alive().order_by("-changed_at", "-id")


class ItemVersionQuerySet(ScopedQuerySet):
    def of(self, item: Any) -> Self:
        """The versions of one item, the newest first."""
        return self.filter(item=item).order_by("-version")


def trash_limit(moment: datetime | None = None) -> datetime:
    """What was deleted before this can no longer be restored."""
    return (moment or now()) - timedelta(days=TRASH_DAYS)


def any_of(column: str, values: Any) -> Q:
    """The condition of a CHECK that keeps a column inside its choices."""
    return Q(**{f"{column}__in": list(values)})
