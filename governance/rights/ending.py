"""Asking for the end of an identity or of one's account, and changing one's mind while there is time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import EmailStr, Field

from governance.errors import BadInput, Conflict
from governance.people.actions import person_in_person
from governance.people.models import Identity, User
from governance.registry.actions import Effect, NoParameters, Params, action
from governance.rights.models import Erasure
from governance.rights.policies import may_end
from governance.rights.standing import names, standing_of
from governance.uow import UnitOfWork


class EraseIdentity(Params):
    """The name of the identity, typed as a confirmation."""

    name: str = Field(max_length=80)


class DeleteAccount(Params):
    """The person's own e-mail address, typed as a confirmation."""

    email: EmailStr = Field(max_length=254)


@action(
    "governance.identity.erase",
    Effect.DELETE,
    params=EraseIdentity,
    policy=may_end,
    label=_("Erase an identity"),
)
def erase_identity(uow: UnitOfWork, params: EraseIdentity) -> Erasure:
    """Marks the identity to be erased after the grace; until then nothing changes and it can be undone."""
    identity = Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    if identity.kind == Identity.Kind.PERSONAL:
        raise Conflict("personal_stays", _("A personal identity ends with its account: delete the account instead."))
    if params.name != identity.name:
        raise BadInput(errors={"name": [_("This is not the name of the identity.")]})
    row = _mark(uow, Erasure.Kind.IDENTITY, identity.pk)
    uow.announce("identity.erasure_requested", row.pk)
    return row


@action(
    "governance.identity.keep",
    Effect.UPDATE,
    params=NoParameters,
    policy=may_end,
    label=_("Keep an identity after all"),
)
def keep_identity(uow: UnitOfWork, params: Any) -> Erasure:
    """Undoes a waiting erasure of the identity."""
    row = _unmark(Erasure.objects.of_identity(uow.actor.identity_id))
    uow.announce("identity.erasure_undone", row.pk)
    return row


@action(
    "governance.account.delete",
    Effect.DELETE,
    params=DeleteAccount,
    policy=person_in_person,
    label=_("Delete one’s account"),
)
def delete_account(uow: UnitOfWork, params: DeleteAccount) -> Erasure:
    """Marks the person's account, and all identities they own alone, to be erased after the grace."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    if params.email.lower() != person.email.lower():
        raise BadInput(errors={"email": [_("This is not the e-mail address of your account.")]})
    if blocking := standing_of(person.pk).blocking:
        raise last_owner(blocking)
    row = _mark(uow, Erasure.Kind.ACCOUNT, person.pk)
    uow.announce("account.deletion_requested", row.pk)
    return row


@action(
    "governance.account.keep",
    Effect.UPDATE,
    params=NoParameters,
    policy=person_in_person,
    label=_("Keep one’s account after all"),
)
def keep_account(uow: UnitOfWork, params: Any) -> Erasure:
    """Undoes the waiting end of the account."""
    row = _unmark(Erasure.objects.of_account(uow.actor.person_id))
    uow.announce("account.deletion_undone", row.pk)
    return row


def last_owner(blocking: list[Identity]) -> Conflict:
    """Others would be left without anybody who may decide."""
    sentence = _(
        "You are the last owner of %(names)s, where others work too. "
        "Make somebody else an owner there, or erase it first."
    )
    return Conflict("last_owner", sentence % {"names": names(blocking)})


def _mark(uow: UnitOfWork, kind: str, target: UUID) -> Erasure:
    now = timezone.now()
    due_at = now + timedelta(days=settings.ERASURE_DAYS)
    try:
        with transaction.atomic():
            row = Erasure.objects.create(
                kind=kind, target_id=target, person_id=uow.actor.person_id, requested_at=now, due_at=due_at
            )
    except IntegrityError as error:
        raise Conflict("erasure_waits", _("This is already going to be erased.")) from error
    uow.tell(due_at=due_at)
    return row


def _unmark(rows: Any) -> Erasure:
    row = rows.filter(state=Erasure.State.WAITING).select_for_update().first()
    if row is None:
        raise Conflict("nothing_to_undo", _("Nothing waits to be erased here."))
    row.state, row.ended_at = Erasure.State.UNDONE, timezone.now()
    row.save(update_fields=["state", "ended_at"])
    return row
