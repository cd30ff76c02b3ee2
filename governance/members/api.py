"""`/api/v2/auth/identities/{id}/members|invitations/…` and joining, for programs of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor, with_factor
from governance.errors import NotAllowed
from governance.isolation.context import current
from governance.members import shapes
from governance.members.actions import LEAVE, find_member
from governance.members.guarding import REQUIRE, RequireFactor
from governance.members.invitations import JOIN, Invite, Join, find_invitation
from governance.members.mail import send_invitation
from governance.members.models import Invitation
from governance.members.policies import may_manage_members
from governance.people import shapes as people
from governance.people.models import Membership
from governance.people.owning import the_current
from governance.registry.actions import Params


class RoleChange(Params):
    role: str


class Joined(BaseModel):
    membership: UUID
    identity: people.IdentityOut


def member_out(row: Membership) -> dict[str, Any]:
    return shapes.member_out(row, in_full=may_manage_members(current()))


class MembersView(APIView):
    @extend_schema(responses=shapes.MemberPage, operation_id="auth_members")
    def get(self, request: Request, identity: UUID) -> Response:
        """Who acts for the identity, the newest first."""
        rows = Membership.objects.filter(identity=the_current(identity)).select_related("user")
        rows = with_factor(rows) if may_manage_members(current()) else rows
        return KeysetPages.answer(request, rows, member_out)


class SecondFactorView(APIView):
    @extend_schema(request=RequireFactor, responses=people.IdentityOut, operation_id="auth_identity_second_factor")
    def post(self, request: Request, identity: UUID) -> Response:
        """Demands a second factor of whoever acts for the identity, or no longer does. Behind a step-up.

        Where it is demanded, a sign-in or token that shows none is answered 403 `second_factor_needed`.
        """
        the_current(identity)
        if not may_manage_members(current()):
            raise NotAllowed()
        asked = validated(RequireFactor, request.data)
        require_recent_factor(request._request, second=asked.required)
        return act(request, REQUIRE, asked, lambda row: people.identity_out(row, current().role))


class MemberView(APIView):
    @extend_schema(responses=shapes.MemberOut, operation_id="auth_member")
    def get(self, request: Request, identity: UUID, member: UUID) -> Response:
        the_current(identity)
        return Response(member_out(find_member(member)))

    @extend_schema(request=RoleChange, responses=shapes.MemberOut, operation_id="auth_member_update")
    def patch(self, request: Request, identity: UUID, member: UUID) -> Response:
        the_current(identity)
        find_member(member)
        refuse_spoofed_identity(request)
        body = {"member": member, "role": validated(RoleChange, request.data).role}
        return act(request, "governance.member.change_role", body, member_out)

    @extend_schema(responses={204: None}, operation_id="auth_member_remove")
    def delete(self, request: Request, identity: UUID, member: UUID) -> Response:
        """Ends a membership at once; one's own: leaves the identity."""
        the_current(identity)
        row = find_member(member)
        if row.user_id == current().person_id:
            return act(request, LEAVE, {}, lambda _row: None, 204)
        return act(request, "governance.member.remove", {"member": member}, lambda _row: None, 204)


class InvitationsView(APIView):
    @extend_schema(responses=shapes.InvitationPage, operation_id="auth_invitations")
    def get(self, request: Request, identity: UUID) -> Response:
        """Those that nobody has answered, the newest first."""
        row = the_current(identity)
        check_manager()
        return KeysetPages.answer(request, Invitation.objects.of_identity(row.pk).unanswered(), shapes.invitation_out)

    @extend_schema(request=Invite, responses={201: shapes.Sent}, operation_id="auth_invite")
    def post(self, request: Request, identity: UUID) -> Response:
        the_current(identity)
        return sent(request, "governance.member.invite", request.data, 201)


class InvitationView(APIView):
    @extend_schema(responses={204: None}, operation_id="auth_uninvite")
    def delete(self, request: Request, identity: UUID, invitation: UUID) -> Response:
        the_current(identity)
        find_invitation(invitation)
        return act(request, "governance.member.uninvite", {"invitation": invitation}, lambda _row: None, 204)


class ResendView(APIView):
    @extend_schema(request=None, responses=shapes.Sent, operation_id="auth_invite_again")
    def post(self, request: Request, identity: UUID, invitation: UUID) -> Response:
        the_current(identity)
        find_invitation(invitation)
        return sent(request, "governance.member.invite_again", {"invitation": invitation}, 200)


class AcceptView(APIView):
    @extend_schema(request=Join, responses={201: Joined}, operation_id="auth_join")
    def post(self, request: Request) -> Response:
        """Joins with the secret of the e-mail, as the person of the token or session."""
        return act(request, JOIN, request.data, joined, 201)


def sent(request: Request, action: str, body: dict[str, Any], status: int) -> Response:
    """Performs, then sends the e-mail; a repeated request (Idempotency-Key) sends none."""
    made: list[Invitation] = []

    def shown(row: Invitation) -> dict[str, Any]:
        made.append(row)
        return {**shapes.invitation_out(row), "sent": True}

    response = act(request, action, body, shown, status)
    if made and not send_invitation(request._request, made[0]):
        response.data["sent"] = False
    return response


def joined(row: Membership) -> dict[str, Any]:
    return Joined(membership=row.pk, identity=people.identity_out(row.identity, row.role)).model_dump(mode="json")  # type: ignore[arg-type]


def check_manager() -> None:
    if not may_manage_members(current()):
        raise NotAllowed()
