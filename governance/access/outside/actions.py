"""Outside accounts that sign a person in: linked and unlinked, on the record of their personal identity."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.actions import oneself
from governance.access.outside.offered import providers
from governance.errors import Conflict, IdentityBoundary, NotThere
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

LINK, UNLINK = "governance.outside.link", "governance.outside.unlink"


class LinkOutside(Params):
    """What the other house has confirmed: who (`uid`), and which addresses it says are theirs."""

    provider: str = Field(max_length=200)
    uid: str = Field(max_length=191)
    addresses: list[str] = Field(default_factory=list)
    extra: dict[str, Any] = Field(default_factory=dict)


@action(
    LINK,
    Effect.CONFIGURE,
    params=LinkOutside,
    policy=oneself,
    label=_("Link an outside account"),
    secret=frozenset({"uid", "addresses", "extra"}),
)
def link_outside(uow: UnitOfWork, params: LinkOutside) -> SocialAccount:
    """From now on the outside account signs the person in.

    Raises Conflict when it is somebody else's here already, be it the account or an address it claims.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    known = SocialAccount.objects.filter(provider=params.provider, uid=params.uid).first()
    if known is not None and known.user_id == person.pk:
        raise Conflict("already_linked", _("This outside account is linked to yours already."))
    if known is not None or is_somebody_elses(params.addresses, person):
        raise somebody_elses()
    try:
        with transaction.atomic():
            return SocialAccount.objects.create(
                user=person, provider=params.provider, uid=params.uid, extra_data=params.extra
            )
    except IntegrityError as error:  # linked in the same moment
        raise somebody_elses() from error


def is_somebody_elses(addresses: list[str], person: User) -> bool:
    """Does one of the addresses belong, or is it promised, to another person here?"""
    lower = [address.lower() for address in addresses]
    others = User.objects.filter(email__in=lower).exclude(pk=person.pk)
    waiting = EmailAddress.objects.filter(email__in=lower, verified=True).exclude(user=person)
    return others.exists() or waiting.exists()


def somebody_elses() -> Conflict:
    return Conflict("linked_elsewhere", _("This outside account belongs to somebody else here."))


class UnlinkOutside(Params):
    account: int


@action(UNLINK, Effect.CONFIGURE, params=UnlinkOutside, policy=oneself, label=_("Unlink an outside account"))
def unlink_outside(uow: UnitOfWork, params: UnlinkOutside) -> None:
    """It signs nobody in any more. Raises Conflict `last_way` when nothing else would."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    row = SocialAccount.objects.filter(pk=params.account).first()
    if row is None:
        raise NotThere()
    if row.user_id != person.pk:
        raise IdentityBoundary(resource="governance.outside")
    if not has_way_in(person, but_account=row.pk):
        raise last_way()
    uow.tell(provider=row.provider)
    row.delete()


def has_way_in(person: User, *, but_account: int = 0, but_factor: int = 0) -> bool:
    """Could the person still sign in, without that outside account or that passkey?"""
    if person.has_usable_password():
        return True
    offered = [provider for provider, _name in providers()]
    if SocialAccount.objects.filter(user=person, provider__in=offered).exclude(pk=but_account).exists():
        return True
    keys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).exclude(pk=but_factor)
    return any(key.wrap().is_passwordless for key in keys)


def last_way() -> Conflict:
    return Conflict("last_way", _("This is your last way to sign in. Choose a password first, or make a passkey."))
