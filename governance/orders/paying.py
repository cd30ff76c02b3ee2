"""Which account an identity pays from."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.stepup import require_proved
from governance.errors import BadInput, Conflict
from governance.orders.accounts import FIELDS, found_wrong
from governance.orders.models import PayingAccount
from governance.orders.policies import may_set_account
from governance.orders.terms import AccountDetails
from governance.registry.actions import Effect, action
from governance.uow import UnitOfWork

SET_ACCOUNT = "governance.order.set_account"


class SetAccount(AccountDetails):
    """`holder`: the name the bank knows the account by."""

    holder: str = Field(min_length=1, max_length=70)


@action(
    SET_ACCOUNT,
    Effect.CONFIGURE,
    params=SetAccount,
    policy=may_set_account,
    label=_("Say which account is paid from"),
)
def set_account(uow: UnitOfWork, params: SetAccount) -> PayingAccount:
    """Replaces it. Asks for a fresh proof: every file for the bank is written with it."""
    given = params.model_dump()
    wrong = found_wrong(given)
    if not given["iban"] and not given["account"]:
        wrong.setdefault("iban", [_("An IBAN, or the three numbers of a Canadian account.")])
    if wrong:
        raise BadInput(errors=wrong)
    require_proved(uow.actor, back="/orders/account/")
    row = PayingAccount.objects.select_for_update().first()
    if row is None:
        return _first(given)
    uow.tell(before={name: getattr(row, name) for name in ("holder", *FIELDS)})
    for name, value in given.items():
        setattr(row, name, value)
    row.changed_at = timezone.now()
    row.save()
    return row


def _first(given: dict[str, str]) -> PayingAccount:
    try:
        with transaction.atomic():
            return PayingAccount.objects.create(**given, changed_at=timezone.now())
    except IntegrityError as error:
        raise Conflict("account_exists", _("Somebody has said it at this moment. Look at it again.")) from error
