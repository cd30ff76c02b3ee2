"""`/api/v2/auth/passkeys/…`: passkeys for programs that have an authenticator at hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.contact.api import in_person
from governance.access.factors.challenges import MADE, SHOWN, keep, keep_for_stranger, taken, taken_by_stranger
from governance.access.factors.passkeys import (
    NotThisKey,
    check_made,
    options_to_make,
    options_to_show,
    possible_here,
    use_passkey,
)
from governance.access.factors.reading import Passkey, factors_of
from governance.access.factors.telling import tell_by_mail
from governance.access.halfway import Half, half_of
from governance.access.programs import check_may_enter, open_for_program
from governance.access.rest import validated
from governance.access.signins import perform_for_oneself
from governance.access.stepup import note_proof, proof, require_recent_factor
from governance.errors import Conflict
from governance.people import shapes
from governance.people.models import User
from governance.registry.actions import Params


class MakePasskey(Params):
    """`credential`: what the authenticator answered to `options/`, as WebAuthn's JSON."""

    credential: dict[str, Any]
    name: str = Field(default="", max_length=80)


class Rename(Params):
    name: str = Field(min_length=1, max_length=80)


class AskSignIn(Params):
    """`challenge`: of a sign-in that was stopped at its second step; empty to sign in by the passkey alone."""

    challenge: str = Field(default="", max_length=1000)


class SignIn(AskSignIn):
    """`handle`: of the options that `credential` answers; good once, for five minutes."""

    handle: str = Field(max_length=64)
    credential: dict[str, Any]


class PasskeyOut(BaseModel):
    id: int
    name: str
    signs_in_alone: bool
    created_at: datetime
    last_used_at: datetime | None


class Passkeys(BaseModel):
    results: list[PasskeyOut]


class Made(PasskeyOut):
    """`recovery_codes`: with the first second factor of an account; null otherwise."""

    recovery_codes: list[str] | None


class Options(BaseModel):
    """What is handed to the authenticator (`navigator.credentials.create` or `get`)."""

    publicKey: dict[str, Any]


class SignInOptions(Options):
    handle: str


class PasskeysView(APIView):
    @extend_schema(responses=Passkeys, operation_id="auth_passkeys")
    def get(self, request: Request) -> Response:
        in_person(request)
        return Response({"results": [passkey_out(key) for key in factors_of(request.user).passkeys]})

    @extend_schema(request=MakePasskey, responses={201: Made}, operation_id="auth_passkey_make")
    def post(self, request: Request) -> Response:
        """Keeps the passkey that was made for `options/`. Behind a step-up."""
        require_recent_factor(request._request)
        asked = validated(MakePasskey, request.data)
        first = not factors_of(request.user).on
        params = {
            "type": "webauthn",
            "name": asked.name or _("Passkey"),
            "credential": check_made(asked.credential, taken(request._request, MADE)),
        }
        row: Authenticator = perform_for_oneself(request._request, "governance.factor.add", params)
        note_proof(request._request, "mfa", type="webauthn")
        tell_by_mail(request._request, "webauthn_added")
        found = factors_of(request.user)
        codes = found.codes.get_unused_codes() if first and found.codes else None
        shown = next(passkey_out(key) for key in found.passkeys if key.id == row.pk)
        return Response({**shown, "recovery_codes": codes}, status=201)


class OptionsView(APIView):
    @extend_schema(request=None, responses=Options, operation_id="auth_passkey_options")
    def post(self, request: Request) -> Response:
        """What the authenticator is asked to make; its answer is taken once, within five minutes."""
        require_recent_factor(request._request)
        check_possible(request)
        options, state = options_to_make(request.user)
        keep(request._request, MADE, state)
        return Response(options)


class PasskeyView(APIView):
    @extend_schema(request=Rename, responses=PasskeyOut, operation_id="auth_passkey_rename")
    def patch(self, request: Request, factor: int) -> Response:
        params = {"factor": factor, "name": validated(Rename, request.data).name}
        perform_for_oneself(request._request, "governance.factor.rename", params)
        return Response(next(passkey_out(key) for key in factors_of(request.user).passkeys if key.id == factor))

    @extend_schema(responses={204: None}, operation_id="auth_passkey_remove")
    def delete(self, request: Request, factor: int) -> Response:
        """Behind a step-up. With the last second factor the recovery codes go, too."""
        require_recent_factor(request._request)
        perform_for_oneself(request._request, "governance.factor.remove", {"factor": factor})
        tell_by_mail(request._request, "webauthn_removed")
        return Response(status=204)


class SignInOptionsView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(request=AskSignIn, responses=SignInOptions, operation_id="auth_passkey_sign_in_options")
    def post(self, request: Request) -> Response:
        """Any passkey that signs in alone; or, with a `challenge`, one of that person as the second step."""
        check_possible(request)
        half = asked_half(validated(AskSignIn, request.data))
        options, state = options_to_show(half.person if half else None)
        return Response({**options, "handle": keep_for_stranger(SHOWN, state)})


class SignInView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(request=SignIn, responses=shapes.SignedIn, operation_id="auth_passkey_sign_in")
    def post(self, request: Request) -> Response:
        asked = validated(SignIn, request.data)
        half, state = asked_half(asked), taken_by_stranger(SHOWN, asked.handle)
        factor = use_passkey(
            request._request,
            half.person if half else None,
            asked.credential,
            action="governance.session.open",
            alone=half is None,
            state=state,
        )
        person: User = factor.user
        check_may_enter(person)
        factor.record_usage()
        shown = proof("mfa", type="webauthn", **({} if half else {"passwordless": True}))
        method, proofs = (f"{half.by}+webauthn", [half.proof, shown]) if half else ("passkey", [shown])
        return Response(shapes.signed_in(person, open_for_program(request._request, person, method, proofs)))


def asked_half(asked: AskSignIn) -> Half | None:
    """The half sign-in whose second step this is; NotThisKey when a challenge is given and worth nothing."""
    half = half_of(asked.challenge) if asked.challenge else None
    if asked.challenge and half is None:
        raise NotThisKey()
    return half


def check_possible(request: Request) -> None:
    if not possible_here(request._request):
        raise Conflict("bare_address", _("Passkeys belong to a name, and this is a bare address."))


def passkey_out(key: Passkey) -> dict[str, Any]:
    return PasskeyOut(
        id=key.id,
        name=key.name,
        signs_in_alone=key.alone,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
    ).model_dump(mode="json")
