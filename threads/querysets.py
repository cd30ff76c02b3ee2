"""Reads of threads, messages and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, Subquery

from governance.isolation.querysets import ScopedQuerySet
from spheres.querysets import CountedQuerySet


class ThreadQuerySet(CountedQuerySet):
    """Threads of the bound identity."""

    def kept(self) -> Self:
        """All but the archived ones."""
        return self.exclude(status="archived")

    def recent_first(self) -> Self:
        return self.order_by("-last_activity_at", "-id")

    def older_than(self, moment: datetime, pk: UUID) -> Self:
        """What follows the thread `pk` in `recent_first()`, which was last active at `moment`."""
        return self.filter(Q(last_activity_at__lt=moment) | Q(last_activity_at=moment, pk__lt=pk))

    def with_last_decision(self) -> Self:
        """Adds `last_decision`: the words of the newest decision in force, or None."""
        decisions = apps.get_model("threads", "Decision").objects
        in_force = decisions.filter(thread=OuterRef("pk"), status="adopted").order_by("-id")
        return self.annotate(last_decision=Subquery(in_force.values("statement")[:1]))


class MessageQuerySet(ScopedQuerySet):
    """Messages of the bound identity; ids are made under the thread's lock, so their order is the order said."""

    def of(self, thread: UUID) -> Self:
        return self.filter(thread=thread)

    def for_stream(self) -> Self:
        """With the decision and the quoted message, and whether a correction followed (`is_corrected`)."""
        later = self.model._base_manager.filter(corrects=OuterRef("pk"))
        return self.select_related("decision", "reply_to").annotate(is_corrected=Exists(later))

    def after(self, pk: UUID) -> Self:
        return self.filter(pk__gt=pk).order_by("pk")


class DecisionQuerySet(ScopedQuerySet):
    """Decisions of the bound identity."""

    def of(self, thread: UUID) -> Self:
        return self.filter(thread=thread)
