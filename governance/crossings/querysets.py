"""Reads of crossings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from django.db.models import Q

from governance.isolation.context import IdentityContext
from governance.isolation.querysets import ScopedQuerySet


class CrossingQuerySet(ScopedQuerySet):
    """Crossings of the bound identity."""

    def seen_by(self, actor: IdentityContext) -> Self:
        """What is offered to one person is nobody else's, until they have taken it in (design 3.8)."""
        kept = Q(direction="in", made_id__isnull=True) & ~Q(person_id=actor.person_id)
        return self.exclude(kept)

    def of_made(self, pk: UUID) -> Self:
        """The crossing that a row came by."""
        return self.filter(made_id=pk)

    def reaching_out(self) -> Self:
        """What another identity can still take, or still refers to."""
        return self.filter(Q(state="offered") | Q(state="done", form="reference"), direction="out")

    def reaching(self, kind: str, objects: Iterable[UUID]) -> Self:
        return self.reaching_out().filter(kind=kind, source_id__in=list(objects))
