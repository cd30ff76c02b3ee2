"""Load and authorise in one breath: mine → the row; another identity's → 403; nobody's → 404."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance.errors import GovernanceError, IdentityBoundary, NotThere
from governance.isolation.context import Why, current, system_scope


def find(queryset: Any, pk: UUID | str | None, **also: Any) -> Any:
    """The row `pk` of a scoped queryset (or manager), inside a transaction.

    `also` are further conditions, such as the parent named in the URL. Raises IdentityBoundary for
    another identity's row, NotThere when nobody has it or it does not fit the conditions.
    """
    rows = queryset.all()
    row = rows.filter(pk=pk, **also).first()
    if row is None:
        raise refusal(rows.model, pk)
    return row


def refusal(model: Any, pk: UUID | str | None) -> GovernanceError:
    """The right refusal for an id that a lookup in the bound identity did not find."""
    with system_scope(Why.WHO_OWNS):
        owner = model._base_manager.filter(pk=pk).values_list("identity_id", flat=True).first()
    if owner is None or owner == current().identity_id:
        return NotThere()
    return IdentityBoundary(resource=model._meta.label_lower, target=owner)
