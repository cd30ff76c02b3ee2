"""The password and the e-mail address of a person; each change is an entry of their personal identity's chain."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _
from pydantic import EmailStr, Field, field_validator

from governance.access.actions import end_all_but_this, oneself
from governance.errors import Conflict, NotThere
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork


class ChangePassword(Params):
    """`password_hash`: encoded; the text itself goes no further than the form."""

    password_hash: str


@action(
    "governance.person.password",
    Effect.CONFIGURE,
    params=ChangePassword,
    policy=oneself,
    label=_("Change one's password"),
    secret=frozenset({"password_hash"}),
)
def change_password(uow: UnitOfWork, params: ChangePassword) -> User:
    """Keeps the new password; every other sign-in ends: one of them may be why it changes."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    person.password = params.password_hash
    person.save(update_fields=["password"])
    end_all_but_this(uow)
    return person


class AskEmail(Params):
    email: EmailStr = Field(max_length=254)

    @field_validator("email")
    @classmethod
    def lower(cls, value: str) -> str:
        return value.lower()


@action(
    "governance.person.ask_email",
    Effect.CONFIGURE,
    params=AskEmail,
    policy=oneself,
    label=_("Ask for another e-mail address"),
)
def ask_email(uow: UnitOfWork, params: AskEmail) -> None:
    """The address waits until its link is opened; an earlier one that waited is forgotten.

    An address of somebody else waits like any other: that it is taken is told to its owner only.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    mine = EmailAddress.objects.filter(user=person)
    mine.exclude(email=person.email).delete()
    mine.get_or_create(user=person, email=person.email, defaults={"primary": True})
    if params.email != person.email:
        EmailAddress.objects.create(user=person, email=params.email)


class ConfirmEmail(Params):
    address: int


@action(
    "governance.person.confirm_email",
    Effect.CONFIGURE,
    params=ConfirmEmail,
    policy=oneself,
    label=_("Confirm an e-mail address"),
)
def confirm_email(uow: UnitOfWork, params: ConfirmEmail) -> User:
    """From now on this is the person's address, and the only one."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    address = EmailAddress.objects.filter(user=person, pk=params.address).first()
    if address is None:
        raise NotThere()
    if User.objects.filter(email=address.email).exclude(pk=person.pk).exists():
        raise Conflict("email_taken", _("This e-mail address already has an account."))
    uow.tell(before={"email": person.email}, after={"email": address.email})
    EmailAddress.objects.filter(user=person).exclude(pk=address.pk).delete()
    address.verified = address.primary = True
    address.save(update_fields=["verified", "primary"])
    person.email = address.email
    person.save(update_fields=["email"])
    return person
