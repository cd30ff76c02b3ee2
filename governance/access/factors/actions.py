"""What changes about the second factors of a person; each is an entry of their personal identity's chain."""

from __future__ import annotations

from typing import Any, Literal

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.actions import end_all_but_this, oneself
from governance.access.outside.actions import has_way_in, last_way
from governance.errors import Conflict, IdentityBoundary, NotThere
from governance.live.notify import recheck
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

MOST_PASSKEYS = 20


class AddFactor(Params):
    """An authenticator app (`secret`, and the `period` of the code that proved it) or a passkey (`credential`).

    `passwordless`: the passkey signs in alone. What was shown has been verified by the edge.
    """

    type: Literal["totp", "webauthn"]
    name: str = Field(default="", max_length=80)
    secret: str = ""
    period: int = 0
    credential: dict[str, Any] = Field(default_factory=dict)


@action(
    "governance.factor.add",
    Effect.CONFIGURE,
    params=AddFactor,
    policy=oneself,
    label=_("Add a second factor"),
    secret=frozenset({"secret", "period", "credential"}),
)
def add_factor(uow: UnitOfWork, params: AddFactor) -> Authenticator:
    """Keeps the factor. The first one brings recovery codes, and ends sign-ins that never showed one."""
    person = _locked(uow)
    existing = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    if params.type in existing and params.type == Authenticator.Type.TOTP:
        raise Conflict("factor_exists", _("You already use an authenticator app. Remove it first."))
    if existing.count(Authenticator.Type.WEBAUTHN) >= MOST_PASSKEYS:
        raise Conflict("too_many_factors", _("Twenty passkeys at most."))
    if params.type == Authenticator.Type.TOTP:
        data: dict[str, Any] = {"secret": encrypt(params.secret), "period": params.period}
    else:
        data = {"name": params.name, "credential": params.credential}
    factor = Authenticator.objects.create(user=person, type=params.type, data=data)
    if not existing:
        RecoveryCodes.activate(person)
        end_all_but_this(uow)
    return factor


class NamedFactor(Params):
    factor: int


@action(
    "governance.factor.remove",
    Effect.CONFIGURE,
    params=NamedFactor,
    policy=oneself,
    label=_("Remove a second factor"),
)
def remove_factor(uow: UnitOfWork, params: NamedFactor) -> None:
    """Forgets the factor; with the last one its recovery codes go too."""
    person = _locked(uow)
    factor = own_factor(uow, params.factor)
    if factor.type == Authenticator.Type.WEBAUTHN and not has_way_in(person, but_factor=factor.pk):
        raise last_way()
    uow.tell(type=factor.type, name=factor.data.get("name", ""))
    factor.delete()
    left = Authenticator.objects.filter(user=person)
    if not left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        left.delete()
    recheck(person.pk)  # sent with the commit: what demanded it closes


class RenameFactor(NamedFactor):
    name: str = Field(min_length=1, max_length=80)


@action("governance.factor.rename", Effect.CONFIGURE, params=RenameFactor, policy=oneself, label=_("Rename a passkey"))
def rename_factor(uow: UnitOfWork, params: RenameFactor) -> Authenticator:
    factor = own_factor(uow, params.factor)
    uow.tell(before={"name": factor.data.get("name", "")})
    factor.data["name"] = params.name
    factor.save(update_fields=["data"])
    return factor


class RenewCodes(Params):
    pass


@action(
    "governance.factor.renew_codes",
    Effect.CONFIGURE,
    params=RenewCodes,
    policy=oneself,
    label=_("Make new recovery codes"),
)
def renew_codes(uow: UnitOfWork, params: RenewCodes) -> Authenticator:
    """Ten new codes; the old ones are worth nothing from now on."""
    person = _locked(uow)
    mine = Authenticator.objects.filter(user=person)
    if not mine.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        raise Conflict("no_factor", _("Recovery codes come with a second factor. Add one first."))
    mine.filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    return RecoveryCodes.activate(person).instance


def own_factor(uow: UnitOfWork, pk: int) -> Authenticator:
    """A passkey or app of the person; recovery codes are not removed alone."""
    factor = (
        Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.RECOVERY_CODES).filter(pk=pk).first()
    )
    if factor is None:
        raise NotThere()
    if factor.user_id != uow.actor.person_id:
        raise IdentityBoundary(resource="governance.factor")
    return factor


def _locked(uow: UnitOfWork) -> User:
    """Two changes of one person's factors wait for each other."""
    return User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
