"""Querysets that refuse by default: the first of the three walls (design 2.3, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Self

from django.db import models
from django.db.models.expressions import F, Func
from django.db.models.sql import Query

from governance.errors import IdentityBoundary, NoTransaction
from governance.isolation.context import current, system_reason


class InCurrentIdentity(Func):
    """True for rows of the identity that is bound *when the SQL is compiled*.

    A filter added when a queryset is built leaks: a queryset made at import or under another identity
    keeps it. Compiling without a bound identity raises NoIdentity, outside a transaction NoTransaction
    (the database could not be told who acts).
    """

    arity = 1
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        if system_reason() is not None:
            return "(TRUE)", []
        identity = current().identity_id
        if not connection.in_atomic_block:
            raise NoTransaction("scoped rows are touched inside a transaction only: use reading() or an action")
        column, params = compiler.compile(self.get_source_expressions()[0])
        return f"({column} = %s)", [*params, identity]


class ScopedQuerySet(models.QuerySet):
    """A queryset whose writes stay inside the bound identity."""

    @classmethod
    def as_manager(cls) -> Any:
        manager = ScopedManager.from_queryset(cls)()
        manager._built_with_as_manager = True
        return manager

    as_manager.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.take_identity()
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        for row in rows:
            row.take_identity()
        named = list(fields)
        refuse_identity_change(named)
        return super().bulk_update(rows, named, *args, **kwargs)

    def update(self, **values: Any) -> int:
        refuse_identity_change(values)
        return super().update(**values)

    def select_for_update(
        self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = True
    ) -> Self:
        """Locks rows against change, not against being referred to.

        Keys are checked at the commit, behind the lock of the chain head: FOR UPDATE would dead-lock there
        with whoever holds the parent and waits for the head.
        """
        return super().select_for_update(nowait=nowait, skip_locked=skip_locked, of=of, no_key=no_key)

    def newest_first(self) -> Self:
        """Ordered by id: ids are UUIDv7, so this is the order of creation, newest first."""
        return self.order_by("-id")


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The only manager of a scoped model, also its base manager."""

    def get_queryset(self) -> ScopedQuerySet:
        rows = super().get_queryset()
        rows.query = _scoped_query(self.model).chain()
        return rows


@cache
def _scoped_query(model: type[models.Model]) -> Query:
    """The scoped query that all others of a model are copies of: to build the condition costs as much as the rest.

    Nobody's identity is in it: whose rows are meant is decided when SQL is made of it.
    """
    return models.QuerySet(model).filter(InCurrentIdentity(F("identity_id"))).query


def refuse_identity_change(fields: Iterable[str]) -> None:
    """Raises IdentityBoundary when an update names the owner: rows never change hands this way."""
    if {"identity", "identity_id"} & set(fields):
        raise IdentityBoundary("scope_violation", resource="identity")
