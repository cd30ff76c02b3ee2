"""`/api/v2/auth/…`: accounts, tokens and identities for programs (design 6.2)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.utils import setup_user_email
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import EmailStr, Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import sessions, tokens
from governance.access.accounts import signup_is_open
from governance.access.factors import demand
from governance.access.halfway import challenge_for
from governance.access.programs import check_may_enter, open_for_program
from governance.access.refusals import record_refused
from governance.access.rest import act, query, validated
from governance.access.signins import record_closed
from governance.access.stepup import has_second_factor, proof
from governance.errors import BadInput, NotAllowed, NotSignedIn
from governance.live.notify import recheck
from governance.members import joining
from governance.people import shapes
from governance.people.actions import ChangeProfile, CreateIdentity
from governance.people.models import Identity, Role, User
from governance.people.registration import register_person
from governance.registry.actions import Params


class Register(Params):
    email: EmailStr = Field(max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    display_name: str = Field(min_length=1, max_length=80)
    language: str = Field(default="fr", pattern="^(fr|en)$")
    invitation: str = Field(default="", max_length=200, description="The secret of an invitation to this address")


class Login(Params):
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class Refresh(Params):
    refresh: str = Field(max_length=4096)


class IdentityFilter(Params):
    status: Literal["active", "archived"] = "active"


class OpenView(APIView):
    """Reachable by nobody in particular."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class RegisterView(OpenView):
    @extend_schema(request=Register, responses={201: shapes.Registered}, operation_id="auth_register")
    def post(self, request: Request) -> Response:
        asked = validated(Register, request.data)
        if not signup_is_open() and not joining.admits(joining.of_token(asked.invitation), asked.email):
            raise NotAllowed(_("This installation is not open for new accounts."))
        check_password(asked)
        verify = settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"
        if verify and User.objects.filter(email=asked.email.lower()).exists():
            make_password(asked.password)  # takes as long as a new account, so that time tells nothing either
            get_adapter().send_account_already_exists_mail(asked.email.lower())
            return Response({"verification_required": True}, status=201)
        person = register_person(
            email=asked.email,
            password=asked.password,
            display_name=asked.display_name,
            language=asked.language,
            channel="api",
        )
        setup_user_email(request._request, person, [])
        if verify:
            EmailAddress.objects.get_primary(person).send_confirmation(request._request, signup=True)
            return Response({"verification_required": True}, status=201)
        pair = open_for_program(request._request, person, "register", [proof("password")])
        identity = Identity.objects.get(owner=person, is_default=True)
        return Response(
            {
                "user": shapes.person_out(person),
                "identity": shapes.identity_out(identity, Role.OWNER),
                "access": pair.access,
                "refresh": pair.refresh,
            },
            status=201,
        )


def check_password(asked: Register) -> None:
    """The same rules as the page's; raises BadInput on the field."""
    try:
        validate_password(asked.password, User(email=asked.email, display_name=asked.display_name))
    except ValidationError as error:
        raise BadInput(errors={"password": error.messages}) from error


class LoginView(OpenView):
    @extend_schema(request=Login, responses=shapes.SignedIn, operation_id="auth_login")
    def post(self, request: Request) -> Response:
        asked = validated(Login, request.data)
        person = authenticate(request, asked)
        if has_second_factor(person):
            raise NotSignedIn(
                _("A second factor is needed."), code="second_factor_required", challenge=challenge_for(person)
            )
        pair = open_for_program(request._request, person, "password", [proof("password")])
        return Response(shapes.signed_in(person, pair))


def authenticate(request: Request, asked: Login) -> User:
    """The person, or NotSignedIn `invalid_credentials`; TooMany after repeated failures, for any address."""
    person = get_adapter().authenticate(request._request, email=asked.email.lower(), password=asked.password)
    if person is None or not person.is_active:
        raise NotSignedIn(_("E-mail address or password is wrong."), code="invalid_credentials")
    check_may_enter(person)
    return person


class RefreshView(OpenView):
    @extend_schema(request=Refresh, responses=shapes.Pair, operation_id="auth_refresh")
    def post(self, request: Request) -> Response:
        try:
            pair = tokens.rotate(validated(Refresh, request.data).refresh)
        except tokens.Reused as reuse:
            record_refused(request._request, reuse.person, "governance.session.open", "reused_refresh_token")
            raise NotSignedIn(code="invalid_token") from reuse
        if pair is None:
            raise NotSignedIn(code="invalid_token")
        return Response({"access": pair.access, "refresh": pair.refresh})


class LogoutView(APIView):
    @extend_schema(request=None, responses={204: None}, operation_id="auth_logout")
    def post(self, request: Request) -> Response:
        record_closed(request._request, request.user)
        if not getattr(request._request, "bearer", False):
            request._request.session.flush()
        recheck(request.user.pk)
        return Response(status=204)


class MeView(APIView):
    @extend_schema(responses=shapes.PersonOut, operation_id="auth_me")
    def get(self, request: Request) -> Response:
        return Response(shapes.person_out(request.user))

    @extend_schema(request=ChangeProfile, responses=shapes.PersonOut, operation_id="auth_me_update")
    def patch(self, request: Request) -> Response:
        return act(request, "governance.person.update", request.data, shapes.person_out)


class IdentitiesView(APIView):
    @extend_schema(parameters=[IdentityFilter], responses=shapes.IdentityList, operation_id="auth_identities")
    def get(self, request: Request) -> Response:
        """Those one acts for; `?status=archived`: those one can bring back."""
        archived = query(request, IdentityFilter).status == "archived"
        found = shapes.archived_out if archived else shapes.identities_out
        return Response({"results": found(request.user.pk)})

    @extend_schema(request=CreateIdentity, responses={201: shapes.IdentityOut}, operation_id="auth_identity_create")
    def post(self, request: Request) -> Response:
        return act(
            request, "governance.identity.create", request.data, lambda row: shapes.identity_out(row, Role.OWNER), 201
        )


class ActivateView(APIView):
    @extend_schema(request=None, responses=shapes.IdentityOut, operation_id="auth_identity_activate")
    def post(self, request: Request, identity: UUID) -> Response:
        demand.check_named(request._request, identity)
        response = act(
            request,
            "governance.identity.activate",
            {"identity": identity},
            lambda row: shapes.identity_out(row, role_in(request.user, row)),
        )
        if not getattr(request._request, "bearer", False):
            sessions.activate(request._request, identity)
            recheck(request.user.pk)
        return response


def role_in(person: User, identity: Identity) -> str:
    return person.memberships.get(identity=identity).role
