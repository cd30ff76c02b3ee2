"""Inviting, and joining: a secret in an e-mail, for one address, one role and one use."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import EmailStr, Field, field_validator

from governance.audit.entries import Draft, News
from governance.audit.models import Outcome
from governance.errors import Conflict, Gone, IdentityBoundary, NotAllowed, NotThere, TooMany
from governance.isolation.context import current
from governance.members.actions import check_reach, known_role, locked
from governance.members.models import Invitation
from governance.members.policies import may_manage_members, outranks
from governance.members.querysets import hash_of
from governance.notices.counting import count_in
from governance.people.actions import person_in_person
from governance.people.models import Identity, Membership, Role, User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

JOIN = "governance.member.join"
MOST_A_DAY = 50  # invitations that an identity sends
LONGEST_DAYS = 30
PAUSE = timedelta(minutes=1)  # between two e-mails to one address


class Invite(Params):
    """One person, by the address they sign in with."""

    email: EmailStr = Field(max_length=254)
    role: str = Role.MEMBER.value
    days: int = Field(default=7, ge=1, le=LONGEST_DAYS, description="How long the invitation stands")

    check_role = field_validator("role")(known_role)

    @field_validator("email")
    @classmethod
    def lower(cls, value: str) -> str:
        return value.lower()


@action(
    "governance.member.invite",
    Effect.CONFIGURE,
    params=Invite,
    policy=may_manage_members,
    label=_("Invite a person"),
)
def invite(uow: UnitOfWork, params: Invite) -> Invitation:
    """Writes the invitation down; its secret is on the returned row only, for the e-mail."""
    identity = locked(uow.actor)
    if identity.kind == Identity.Kind.PERSONAL:
        raise Conflict("personal_alone", _("A personal identity has one member. Create another one to share."))
    check_reach(uow.actor, params.role)
    if Membership.objects.filter(identity=identity, user__email=params.email).exists():
        raise Conflict("already_member", _("This person is a member already."))
    check_day(identity.pk)
    waiting = Invitation.objects.of_identity(identity.pk).unanswered().filter(email=params.email)
    if waiting.live().exists():
        raise Conflict("already_invited", _("This person is invited already: send it again, or withdraw it first."))
    waiting.update(revoked_at=timezone.now())  # its time was over
    row = Invitation(identity=identity, email=params.email, role=params.role, days=params.days)
    row.invited_by_id = uow.actor.person_id
    renew(row)
    row.save(force_insert=True)
    uow.announce("member.invited", row.pk)
    return row


def check_day(identity_id: UUID) -> None:
    """Raises TooMany when the identity has sent as many invitations as a day allows."""
    today = timezone.now() - timedelta(days=1)
    if Invitation.objects.of_identity(identity_id).filter(sent_at__gte=today)[:MOST_A_DAY].count() >= MOST_A_DAY:
        raise TooMany(_("Fifty invitations a day at most."), retry_after=3600)


def renew(row: Invitation) -> None:
    """A new secret (the old one is dead) and a new term."""
    row.token = secrets.token_urlsafe(32)  # type: ignore[attr-defined]
    row.token_hash = hash_of(row.token)  # type: ignore[attr-defined]
    row.sent_at = timezone.now()
    row.expires_at = row.sent_at + timedelta(days=row.days)


class WhichInvitation(Params):
    invitation: UUID


def find_invitation(pk: UUID) -> Invitation:
    """An invitation into the identity that is acted for; IdentityBoundary for one into another, else NotThere."""
    row = Invitation.objects.select_related("identity", "invited_by").filter(pk=pk).first()
    if row is None:
        raise NotThere()
    if row.identity_id != current().identity_id:
        raise IdentityBoundary(resource=Invitation._meta.label_lower, target=row.identity_id)
    return row


def _unanswered(uow: UnitOfWork, pk: UUID) -> Invitation:
    locked(uow.actor)
    row = find_invitation(pk)
    if row.accepted_at is not None or row.revoked_at is not None:
        raise Conflict("invitation_over", _("This invitation was answered or withdrawn."))
    check_reach(uow.actor, row.role)
    return row


@action(
    "governance.member.invite_again",
    Effect.CONFIGURE,
    params=WhichInvitation,
    policy=may_manage_members,
    label=_("Send an invitation again"),
)
def invite_again(uow: UnitOfWork, params: WhichInvitation) -> Invitation:
    """Another secret for the same address and role; the earlier e-mail opens nothing any more."""
    row = _unanswered(uow, params.invitation)
    if row.sent_at + PAUSE > timezone.now():
        raise TooMany(_("It has just been sent."), retry_after=int(PAUSE.total_seconds()))
    check_day(row.identity_id)
    row.invited_by_id = uow.actor.person_id
    renew(row)
    row.save(update_fields=["invited_by", "token_hash", "sent_at", "expires_at"])
    return row


@action(
    "governance.member.uninvite",
    Effect.CONFIGURE,
    params=WhichInvitation,
    policy=may_manage_members,
    label=_("Withdraw an invitation"),
)
def uninvite(uow: UnitOfWork, params: WhichInvitation) -> Invitation:
    """From now on it opens nothing."""
    row = _unanswered(uow, params.invitation)
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    return row


class Join(Params):
    """The secret of the e-mail."""

    token: str = Field(min_length=1, max_length=200)


@action(
    JOIN,
    Effect.CREATE,
    params=Join,
    policy=person_in_person,
    label=_("Join an identity"),
    secret=frozenset({"token"}),
)
def join(uow: UnitOfWork, params: Join) -> Membership:
    """Makes the person a member, once; told in their own chain and in that of the identity."""
    row = Invitation.objects.with_token(params.token).select_for_update(of=("self",), no_key=True).first()
    if row is None:
        raise NotThere()
    check_open(row)
    if not is_address_of(row.email, uow.actor.person_id):
        raise NotAllowed(_("This invitation is for another address than yours."))
    if Membership.objects.filter(user_id=uow.actor.person_id, identity=row.identity).exists():
        raise Conflict("already_member", _("You are a member already."))
    membership = Membership.objects.create(user_id=uow.actor.person_id, identity=row.identity, role=row.role)
    row.accepted_at, row.accepted_by_id = timezone.now(), uow.actor.person_id
    row.save(update_fields=["accepted_at", "accepted_by"])
    uow.tell(identity=str(row.identity_id), role=row.role)
    draft = Draft(JOIN, Effect.CREATE, Outcome.ALLOWED, resource_type=Membership._meta.label_lower)
    draft.resource_id, draft.payload = membership.pk, {"invitation": str(row.pk), "role": row.role}
    uow.also_told(row.identity_id, draft, News("member.joined", membership.pk))
    count_in(row.identity_id)
    return membership


def check_open(row: Invitation) -> None:
    """Raises Gone when the invitation opens nothing: used, withdrawn, too old, or beyond its author's role of now."""
    inviter = Membership.objects.filter(user_id=row.invited_by_id, identity_id=row.identity_id).first()
    if not row.is_live or inviter is None or not outranks(inviter.role, row.role):
        raise Gone("invitation_over", _("This invitation is no longer valid. Ask for another one."))


def is_address_of(email: str, person_id: UUID) -> bool:
    """Is it the address the person signs in with, or one they have confirmed?"""
    return (
        User.objects.filter(pk=person_id, email=email).exists()
        or EmailAddress.objects.filter(user_id=person_id, email=email, verified=True).exists()
    )
