"""Setting, lowering, raising and removing a cap (design 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput, Conflict
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.ledger import budget
from governance.ledger.models import Account, Cap, Period, Unit, per_words
from governance.people.policies import may_manage, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

SET, REMOVE = "governance.budget.set_cap", "governance.budget.remove_cap"
MOST = {Unit.TOKENS: 10**12, Unit.PICO_USD: 10**18}

# What an identity's account is opened with: sharing, the frame and every run count on them.
KEPT = frozenset(
    {(Unit.TOKENS, Period.MONTH), (Unit.PICO_USD, Period.DAY), (Unit.PICO_USD, Period.MONTH)},
)


class SetCap(Params):
    """`account` null: the identity's own. `before`: the limit one saw, null when there was none."""

    account: UUID | None = None
    unit: Unit
    period: Period
    limit: int = Field(ge=0)
    before: int | None = Field(default=None, ge=0)


class RemoveCap(Params):
    account: UUID
    unit: Unit
    period: Period
    before: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Above:
    """A cap on the way up, in the same unit: more than its limit below it has no effect."""

    kind: str
    period: str
    limit: int

    @property
    def kind_words(self) -> str:
        return str(Account.Kind(self.kind).label)

    @property
    def per_words(self) -> str:
        return per_words(self.period)


def may_set_caps(actor: IdentityContext, _params: object = None) -> bool:
    """Owners and administrators, in person."""
    return may_manage(actor) and person_itself(actor)


def raises(before: int | None, limit: int | None) -> bool:
    """Does it loosen? A first cap never does, its removal always."""
    return before is not None and (limit is None or limit > before)


@action(SET, Effect.CONFIGURE, params=SetCap, policy=may_set_caps, label=_("Set a budget cap"))
def set_cap(uow: UnitOfWork, params: SetCap) -> Account:
    return change_cap(uow, params.account, params.unit, params.period, params.limit, params.before)


@action(REMOVE, Effect.CONFIGURE, params=RemoveCap, policy=may_set_caps, label=_("Remove a budget cap"))
def remove_cap(uow: UnitOfWork, params: RemoveCap) -> Account:
    return change_cap(uow, params.account, params.unit, params.period, None, params.before)


def change_cap(
    uow: UnitOfWork, account: UUID | None, unit: Unit, period: Period, limit: int | None, before: int | None
) -> Account:
    """The change itself; raises BadInput for a limit that cannot be, Conflict when `before` is no longer true."""
    if limit is not None and limit > MOST[unit]:
        raise BadInput(errors={"limit": [_("That is more than can be set.")]})
    row: Account = find(Account.objects, account or budget.identity_account())
    if limit is None and row.kind == Account.Kind.IDENTITY and (unit, period) in KEPT:
        raise BadInput(_("An identity always has this cap: change it instead."))
    answer = budget.set_cap(row.pk, unit, period, limit, before=before)
    if not answer["changed"]:
        raise Conflict("cap_changed", _("Somebody has changed this cap meanwhile."), limit=answer["limit"])
    uow.tell(before=before, after=limit, account=row.kind, ref=row.ref)
    data: dict[str, Any] = {
        "account": row.kind,
        "ref": row.ref,
        "unit": str(unit),
        "period": str(period),
        "limit": limit,
    }
    uow.announce("budget.cap_changed", row.pk, **data)
    return row


def limit_now(account: UUID | None, unit: str, period: str) -> int | None:
    """The limit of one cap as it stands, None where there is none; inside a transaction."""
    row = Account.objects.filter(kind=Account.Kind.IDENTITY).first() if account is None else None
    if account is None and row is None:
        return next(
            (cap["limit"] for cap in budget.default_caps() if (cap["unit"], cap["period"]) == (unit, period)), None
        )
    found = Cap.objects.filter(account_id=row.pk if row else account, unit=unit, period=period)
    return found.values_list("limit", flat=True).first()


def caps_above(account: UUID, unit: str) -> list[Above]:
    """The caps of the accounts above this one in the same unit, the nearest first; one query."""
    rooms = budget.rooms(account)
    return [Above(room.kind, room.period, room.limit) for room in rooms if room.unit == unit and room.steps]


def narrower(account: UUID, unit: str, period: str, limit: int) -> Above | None:
    """The first cap above that lets less through than `limit`: of the same period, or of a longer one."""
    longer = Period.values[Period.values.index(period) :]
    return next((cap for cap in caps_above(account, unit) if cap.limit < limit and cap.period in longer), None)
