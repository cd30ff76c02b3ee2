"""`/api/v2/auth/2fa/…`: second factors for programs, and the second half of their sign-in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.attempts import counted
from governance.access.factors.codes import WrongCode, use_code
from governance.access.factors.enrolment import new_secret, otpauth_url, proven, settled
from governance.access.factors.reading import factors_of
from governance.access.factors.telling import tell_by_mail
from governance.access.halfway import half_of
from governance.access.programs import open_for_program
from governance.access.refusals import record_refused
from governance.access.rest import validated
from governance.access.signins import perform_for_oneself
from governance.access.stepup import proof, require_recent_factor
from governance.access.violations import address
from governance.errors import NotThere
from governance.people import shapes
from governance.registry.actions import Params


class Verify(Params):
    """The `challenge` of the sign-in that was stopped, and a code: six digits of the app, or a recovery code."""

    challenge: str = Field(max_length=1000)
    code: str = Field(max_length=20)


class Code(Params):
    code: str = Field(max_length=20)


class Passkey(BaseModel):
    id: int
    name: str
    signs_in_alone: bool


class Status(BaseModel):
    enabled: bool
    totp: bool
    passkeys: list[Passkey]
    recovery_codes_left: int | None


class Waiting(BaseModel):
    secret: str
    otpauth_url: str


class Codes(BaseModel):
    recovery_codes: list[str]


class VerifyView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(request=Verify, responses=shapes.SignedIn, operation_id="auth_2fa_verify")
    def post(self, request: Request) -> Response:
        asked = validated(Verify, request.data)
        half = half_of(asked.challenge)
        if half is None:
            with counted(request._request, "second_factor", f"challenge-{address(request._request)}"):
                record_refused(request._request, None, "governance.session.open", "invalid_challenge")
            raise WrongCode()
        factor = use_code(request._request, half.person, asked.code, "governance.session.open")
        factor.record_usage()
        shown = [half.proof, proof("mfa", type=factor.type)]
        pair = open_for_program(request._request, half.person, f"{half.by}+{factor.type}", shown)
        return Response(shapes.signed_in(half.person, pair))


class FactorsView(APIView):
    @extend_schema(responses=Status, operation_id="auth_2fa")
    def get(self, request: Request) -> Response:
        return Response(status_of(request))


class EnableView(APIView):
    @extend_schema(request=None, responses=Waiting, operation_id="auth_2fa_enable")
    def post(self, request: Request) -> Response:
        """Begins: the secret waits until `confirm/` shows a code of it."""
        require_recent_factor(request._request)
        secret = new_secret(request._request)
        return Response({"secret": secret, "otpauth_url": otpauth_url(request._request, secret)})


class ConfirmView(APIView):
    @extend_schema(request=Code, responses=Codes, operation_id="auth_2fa_confirm")
    def post(self, request: Request) -> Response:
        require_recent_factor(request._request)
        params = proven(request._request, validated(Code, request.data).code)
        perform_for_oneself(request._request, "governance.factor.add", params)
        settled(request._request)
        tell_by_mail(request._request, "totp_activated")
        return Response({"recovery_codes": factors_of(request.user).codes.get_unused_codes()})


class DisableView(APIView):
    @extend_schema(request=None, responses=Status, operation_id="auth_2fa_disable")
    def post(self, request: Request) -> Response:
        """Forgets the authenticator app; passkeys stay."""
        require_recent_factor(request._request)
        app = factors_of(request.user).app
        if app is None:
            raise NotThere()
        perform_for_oneself(request._request, "governance.factor.remove", {"factor": app.pk})
        tell_by_mail(request._request, "totp_deactivated")
        return Response(status_of(request))


class CodesView(APIView):
    @extend_schema(responses=Codes, operation_id="auth_2fa_recovery_codes")
    def get(self, request: Request) -> Response:
        require_recent_factor(request._request)
        kept = factors_of(request.user).codes
        return Response({"recovery_codes": kept.get_unused_codes() if kept else []})

    @extend_schema(request=None, responses=Codes, operation_id="auth_2fa_recovery_codes_renew")
    def post(self, request: Request) -> Response:
        require_recent_factor(request._request)
        kept: Authenticator = perform_for_oneself(request._request, "governance.factor.renew_codes")
        tell_by_mail(request._request, "recovery_codes_generated")
        return Response({"recovery_codes": kept.wrap().get_unused_codes()})


def status_of(request: Request) -> dict[str, Any]:
    found = factors_of(request.user)
    return {
        "enabled": found.on,
        "totp": found.app is not None,
        "passkeys": [{"id": key.id, "name": key.name, "signs_in_alone": key.alone} for key in found.passkeys],
        "recovery_codes_left": found.codes_left,
    }
