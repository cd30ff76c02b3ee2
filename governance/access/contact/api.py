"""`/api/v2/auth/verify/`, `change-password/`, `password/…`, `email/`: the same for programs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, UserTokenForm
from allauth.account.models import EmailConfirmationHMAC
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import EmailStr, Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.attempts import counted
from governance.access.contact.changing import ask_email, set_password
from governance.access.refusals import record_refused
from governance.access.rest import validated
from governance.access.stepup import has_second_factor, require_recent_factor, session_of
from governance.access.violations import address
from governance.errors import BadInput, NotAllowed
from governance.registry.actions import Params


class Verify(Params):
    """`key`: what stands in the link after `confirm-email/`."""

    key: str = Field(max_length=1000)


class ChangePassword(Params):
    old_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


class Email(Params):
    email: EmailStr = Field(max_length=254)


class Reset(Params):
    """`key`: what stands in the link after `password/reset/key/`."""

    key: str = Field(max_length=200)
    password: str = Field(max_length=1024)


class OpenView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class VerifyView(OpenView):
    @extend_schema(request=Verify, responses={204: None}, operation_id="auth_verify")
    def post(self, request: Request) -> Response:
        found = EmailConfirmationHMAC.from_key(validated(Verify, request.data).key)
        if found is None:
            refuse_link(request, "governance.person.confirm_email")
        found.confirm(request._request)
        return Response(status=204)


class ResetRequestView(OpenView):
    @extend_schema(request=Email, responses={202: None}, operation_id="auth_password_reset_request")
    def post(self, request: Request) -> Response:
        """Always the same answer; the link goes to the address, if it has an account."""
        asked = validated(Email, request.data)
        with counted(request._request, "reset_password", asked.email.lower()):
            form = ResetPasswordForm({"email": asked.email})
            if form.is_valid():
                form.save(request._request)
        return Response(status=202)


class ResetView(OpenView):
    @extend_schema(request=Reset, responses={204: None}, operation_id="auth_password_reset")
    def post(self, request: Request) -> Response:
        asked = validated(Reset, request.data)
        uid, _dash, key = asked.key.partition("-")
        form = UserTokenForm({"uidb36": uid, "key": key})
        if not form.is_valid():
            refuse_link(request, "governance.person.password")
        set_password(request._request, form.reset_user, asked.password)
        get_adapter().send_notification_mail("account/email/password_reset", form.reset_user)
        return Response(status=204)


class ChangePasswordView(APIView):
    @extend_schema(request=ChangePassword, responses={204: None}, operation_id="auth_change_password")
    def post(self, request: Request) -> Response:
        """Every other sign-in ends."""
        in_person(request)
        asked = validated(ChangePassword, request.data)
        if has_second_factor(request.user):
            require_recent_factor(request._request)
        found = get_adapter().authenticate(request._request, email=request.user.email, password=asked.old_password)
        if found is None or found.pk != request.user.pk:
            raise BadInput(errors={"old_password": [_("This is not your password.")]})
        set_password(request._request, request.user, asked.new_password, "new_password")
        get_adapter().send_notification_mail("account/email/password_changed", request.user)
        return Response(status=204)


class EmailView(APIView):
    @extend_schema(request=Email, responses={202: None}, operation_id="auth_email")
    def post(self, request: Request) -> Response:
        """The link goes to the new address, which counts once it is opened."""
        require_recent_factor(request._request)
        ask_email(request._request, validated(Email, request.data).email)
        return Response(status=202)


def in_person(request: Request) -> None:
    if session_of(request._request) is None:
        raise NotAllowed(_("An API token cannot do this: a person signs in."))


def refuse_link(request: Request, action: str) -> None:
    """A link that is forged, used or too old; counted, and recorded without a person: nobody is known by it."""
    with counted(request._request, "second_factor", f"link-{address(request._request)}"):
        record_refused(request._request, None, action, "invalid_link")
    raise BadInput(_("This link no longer works."), errors={"key": [_("It was used already, or it is too old.")]})
