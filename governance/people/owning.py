"""What becomes of an identity as a whole: its name, its end, its return (design 3.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.errors import Conflict, IdentityBoundary, NotThere
from governance.isolation.context import current
from governance.live.notify import recheck
from governance.people.actions import Region, person_in_person
from governance.people.models import Identity, Membership, Role
from governance.people.policies import may_own
from governance.registry.actions import Effect, NoParameters, Params, action
from governance.uow import UnitOfWork

RESTORE = "governance.identity.restore"


def the_current(pk: UUID) -> Identity:
    """The identity an address names, which must be the one that is acted for.

    Raises IdentityBoundary for any other one, also the person's own: one acts for it first. NotThere when
    there is none.
    """
    identity = Identity.objects.filter(pk=pk).first()
    if identity is None:
        raise NotThere()
    if pk != current().identity_id:
        raise IdentityBoundary(resource=Identity._meta.label_lower, target=pk)
    return identity


class UpdateIdentity(Params):
    """Only the named fields change."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    region: Region | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")


@action(
    "governance.identity.update",
    Effect.CONFIGURE,
    params=UpdateIdentity,
    policy=may_own,
    label=_("Change an identity"),
)
def update_identity(uow: UnitOfWork, params: UpdateIdentity) -> Identity:
    """Changes name, region or currency of the identity that is acted for."""
    identity = Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    changed = params.model_dump(exclude_none=True)
    uow.tell(before={name: getattr(identity, name) for name in changed})
    for name, value in changed.items():
        setattr(identity, name, value)
    if changed:
        _save(identity, list(changed))
    return identity


def _save(identity: Identity, fields: list[str]) -> None:
    try:
        with transaction.atomic():
            identity.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict("identity_exists", _("You already have an identity of this kind and name.")) from error


@action(
    "governance.identity.archive",
    Effect.UPDATE,
    params=NoParameters,
    policy=may_own,
    label=_("Archive an identity"),
)
def archive_identity(uow: UnitOfWork, params: Any) -> Identity:
    """Nobody acts for it any more, until an owner brings it back; nothing of it is lost."""
    identity = Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    if identity.kind == Identity.Kind.PERSONAL:
        raise Conflict("personal_stays", _("Your personal identity stays: everybody has one."))
    identity.status = Identity.Status.ARCHIVED
    identity.save(update_fields=["status"])
    for person_id in Membership.objects.filter(identity=identity).values_list("user_id", flat=True):
        recheck(person_id)  # sent with the commit: every member's sockets of this identity close
    return identity


class RestoreIdentity(Params):
    identity: UUID


@action(
    RESTORE,
    Effect.UPDATE,
    params=RestoreIdentity,
    policy=person_in_person,
    label=_("Bring an identity back"),
)
def restore_identity(uow: UnitOfWork, params: RestoreIdentity) -> Identity:
    """Opens an archived identity again, from another one of its owner: one cannot act for what is archived."""
    identity = Identity.objects.select_for_update(no_key=True).filter(pk=params.identity).first()
    if identity is None:
        raise NotThere()
    if not Membership.objects.filter(user_id=uow.actor.person_id, identity=identity, role=Role.OWNER).exists():
        raise IdentityBoundary("invalid_identity", resource=Identity._meta.label_lower, target=identity.pk)
    if identity.status != Identity.Status.ARCHIVED:
        raise Conflict("not_archived", _("This identity is not archived."))
    identity.status = Identity.Status.ACTIVE
    identity.save(update_fields=["status"])
    draft = Draft(RESTORE, Effect.UPDATE, Outcome.ALLOWED)
    draft.resource_type, draft.resource_id = Identity._meta.label_lower, uow.actor.identity_id
    uow.also_told(identity.pk, draft)
    return identity
