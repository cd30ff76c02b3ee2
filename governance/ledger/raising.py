"""Asking for a higher cap: a question that owners and administrators decide (design 3.6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy
from pydantic import Field

from governance.errors import BadInput
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.ledger.caps import MOST, change_cap
from governance.ledger.models import Account, Period, Unit
from governance.people.policies import MANAGERS, may_write, person_itself
from governance.registry.actions import Effect, Params, action
from governance.rules.system import RAISE
from governance.uow import UnitOfWork


class RaiseCap(Params):
    """`account` null: the identity's own. `before`: the limit as it is, `limit`: as it should be."""

    account: UUID | None = None
    unit: Unit
    period: Period
    before: int = Field(ge=0)
    limit: int = Field(gt=0)
    reason: str = Field(default="", max_length=500)


def may_ask(actor: IdentityContext, _params: object = None) -> bool:
    """Whoever works here, in person."""
    return may_write(actor) and person_itself(actor)


def preview(params: RaiseCap) -> dict[str, Any]:
    """The same for whoever looks; raises BadInput for what is no raise."""
    if params.limit <= params.before:
        raise BadInput(errors={"limit": [gettext("That is not more than the cap allows already.")]})
    if params.limit > MOST[params.unit]:
        raise BadInput(errors={"limit": [gettext("That is more than can be set.")]})
    row = find(Account.objects, params.account) if params.account else None
    told = params.model_dump(mode="json")
    return {"form": "budget", "kind": row.kind if row else Account.Kind.IDENTITY.value, "reversible": True, **told}


def question(shown: dict[str, Any]) -> str:
    kind = str(Account.Kind(shown["kind"]).label)
    return gettext("Raise a budget (%(kind)s)?") % {"kind": kind}


@action(
    RAISE,
    Effect.CONFIGURE,
    params=RaiseCap,
    policy=may_ask,
    label=gettext_lazy("Raise a budget"),
    preview=preview,
    question=question,
    deciders=MANAGERS,
    guarded=True,
)
def raise_cap(uow: UnitOfWork, params: RaiseCap) -> Account:
    """What an approval carries out; always asked first (`system.budget_raise`)."""
    return change_cap(uow, params.account, params.unit, params.period, params.limit, params.before)
