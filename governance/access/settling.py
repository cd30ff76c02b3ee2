"""Settling a violation: somebody responsible has looked at it, and says so (design 3.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.models import Violation
from governance.errors import Conflict
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.people.policies import may_manage, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

RESOLVE = "governance.violation.resolve"


class ResolveViolation(Params):
    """`note`: what was found out, or done about it."""

    violation: UUID
    note: str = Field(min_length=1, max_length=500)


def may_resolve(actor: IdentityContext, _params: Any = None) -> bool:
    """Owners and administrators, in person."""
    return may_manage(actor) and person_itself(actor)


@action(RESOLVE, Effect.UPDATE, params=ResolveViolation, policy=may_resolve, label=_("Settle a violation"))
def resolve(uow: UnitOfWork, params: ResolveViolation) -> Violation:
    """Once; the row and its entry stay as they were."""
    row: Violation = find(Violation.objects.select_for_update(), params.violation)
    if row.resolved_at is not None:
        raise Conflict("already_settled", _("It was settled already."))
    row.resolved_at, row.resolved_by_id, row.note = timezone.now(), uow.actor.person_id, params.note
    row.save(update_fields=["resolved_at", "resolved_by_id", "note"])
    uow.tell(violation=row.kind)
    uow.announce("violation.resolved", row.pk)
    return row
