"""Load and authorise in one breath: mine → the row; another identity's → 403; nobody's → 404."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from governance.errors import GovernanceError, IdentityBoundary, NoTransaction, NotThere
from governance.isolation.context import Why, current, system_reason, system_scope


def find(queryset: Any, pk: UUID | str | None, **also: Any) -> Any:
    """The row `pk` of a scoped queryset (or manager), inside a transaction.

    `also` are further conditions, such as the parent named in the URL. Raises IdentityBoundary for
    another identity's row, NotThere when nobody has it or it does not fit the conditions.
    """
    # The manager itself: one of related rows is a manager, too, and knows its parent.
    if queryset is queryset.model._default_manager and not also and system_reason() is None:
        row = by_id(queryset.model, pk)
    else:
        row = queryset.all().filter(pk=pk, **also).first()
    if row is None:
        raise refusal(queryset.model, pk)
    return row


def by_id(model: Any, pk: UUID | str | None, *, lock: bool = False) -> Any:
    """The bound identity's row, or None; locked against change until the end of the transaction on request."""
    mine, wanted = current().identity_id, model._meta.pk.to_python(pk)
    if not connection.in_atomic_block:
        raise NoTransaction("scoped rows are touched inside a transaction only: use reading() or an action")
    return next(iter(model._default_manager.raw(_by_id(model, lock), [mine, wanted])), None)


@cache
def _by_id(model: Any, lock: bool) -> str:
    """Written once: to compile the queryset costs more than the answer. NO KEY as all our locks (querysets.py)."""
    names = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    select = f'SELECT {names} FROM "{model._meta.db_table}" WHERE "identity_id" = %s AND "id" = %s'
    return f"{select} FOR NO KEY UPDATE" if lock else select


def refusal(model: Any, pk: UUID | str | None) -> GovernanceError:
    """The right refusal for an id that a lookup in the bound identity did not find."""
    with system_scope(Why.WHO_OWNS):
        owner = model._base_manager.filter(pk=pk).values_list("identity_id", flat=True).first()
    if owner is None or owner == current().identity_id:
        return NotThere()
    return IdentityBoundary(resource=model._meta.label_lower, target=owner)
