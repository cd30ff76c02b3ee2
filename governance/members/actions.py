"""Members: their roles, and their end."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import field_validator

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.errors import Conflict, IdentityBoundary, NotAllowed, NotThere
from governance.isolation.context import IdentityContext, current
from governance.members.departures import depart
from governance.members.policies import may_leave, may_manage_members, outranks
from governance.people.models import Identity, Membership, Role
from governance.registry.actions import Effect, NoParameters, Params, action
from governance.registry.fields import one_of
from governance.uow import UnitOfWork

LEAVE = "governance.member.leave"


def find_member(pk: UUID) -> Membership:
    """The membership in the identity that is acted for; raises IdentityBoundary for one in another, else NotThere."""
    row = Membership.objects.select_related("user").filter(pk=pk).first()
    if row is None:
        raise NotThere()
    if row.identity_id != current().identity_id:
        raise IdentityBoundary(resource=Membership._meta.label_lower, target=row.identity_id)
    return row


def known_role(value: str) -> str:
    if value not in Role.values:
        raise one_of(Role.values)
    return value


class ChangeRole(Params):
    member: UUID
    role: str

    check_role = field_validator("role")(known_role)


@action(
    "governance.member.change_role",
    Effect.CONFIGURE,
    params=ChangeRole,
    policy=may_manage_members,
    label=_("Change a member’s role"),
)
def change_role(uow: UnitOfWork, params: ChangeRole) -> Membership:
    """Gives a member another role; what they have under way goes on only as far as it allows."""
    identity = locked(uow.actor)
    row = find_member(params.member)
    for role in (row.role, params.role):
        check_reach(uow.actor, role)
    uow.tell(before=row.role, member=str(row.user))
    if row.role == Role.OWNER and params.role != Role.OWNER:
        hand_over(identity, row)
    row.role = params.role
    row.save(update_fields=["role"])
    uow.announce("member.changed", row.pk)
    return row


class RemoveMember(Params):
    member: UUID


@action(
    "governance.member.remove",
    Effect.CONFIGURE,
    params=RemoveMember,
    policy=may_manage_members,
    label=_("Remove a member"),
)
def remove_member(uow: UnitOfWork, params: RemoveMember) -> Membership:
    """Ends a membership, and everything the person has under way in the identity, at once."""
    identity = locked(uow.actor)
    row = find_member(params.member)
    check_reach(uow.actor, row.role)
    return end_membership(uow, identity, row)


@action(LEAVE, Effect.UPDATE, params=NoParameters, policy=may_leave, label=_("Leave an identity"))
def leave(uow: UnitOfWork, params: NoParameters) -> Membership:
    """Ends one's own membership; the log of one's personal identity says so too."""
    identity = locked(uow.actor)
    row = Membership.objects.select_related("user").get(user_id=uow.actor.person_id, identity=identity)
    personal = Identity.objects.get(owner_id=uow.actor.person_id, kind=Identity.Kind.PERSONAL)
    end_membership(uow, identity, row)
    draft = Draft(LEAVE, Effect.UPDATE, Outcome.ALLOWED, resource_type=Identity._meta.label_lower)
    draft.resource_id = identity.pk
    uow.also_told(personal.pk, draft)
    return row


def locked(actor: IdentityContext) -> Identity:
    """The identity, locked: its owners change one at a time, so that never the last one goes."""
    return Identity.objects.select_for_update(no_key=True).get(pk=actor.identity_id)


def check_reach(actor: IdentityContext, role: str) -> None:
    if not outranks(actor.role, role):
        raise NotAllowed(_("Only an owner says who owns."))


def end_membership(uow: UnitOfWork, identity: Identity, row: Membership) -> Membership:
    """Deletes the membership after everything that stood on it."""
    if identity.kind == Identity.Kind.PERSONAL:
        raise Conflict("personal_stays", _("Your personal identity stays: everybody has one."))
    if row.role == Role.OWNER:
        hand_over(identity, row)
    uow.tell(member=str(row.user), person=str(row.user_id), role=row.role)
    depart(uow, row.user_id)
    pk = row.pk
    row.delete()
    row.pk = pk  # the entry in the log still names it
    uow.announce("member.left", pk)
    return row


def hand_over(identity: Identity, leaving: Membership) -> None:
    """Makes another owner the holder of the identity. Raises Conflict when there is none."""
    owners = Membership.objects.filter(identity=identity, role=Role.OWNER).exclude(pk=leaving.pk)
    heir = owners.order_by("created_at", "id").first()
    if heir is None:
        raise Conflict("last_owner", _("This is the last owner: name another one first."))
    if identity.owner_id != leaving.user_id:
        return
    identity.owner_id = heir.user_id
    try:
        with transaction.atomic():
            identity.save(update_fields=["owner"])
    except IntegrityError as error:
        raise Conflict(
            "identity_exists", _("The next owner already has an identity of this kind and name: rename it first.")
        ) from error
