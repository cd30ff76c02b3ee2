"""`/api/v2/auth/step-up/`: a program's person shows again who they are, before something sensitive."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.contact.api import in_person
from governance.access.factors.challenges import SHOWN, keep, taken
from governance.access.factors.codes import WrongCode, use_code
from governance.access.factors.passkeys import options_to_show, use_passkey
from governance.access.factors.passkeys_api import Options, check_possible
from governance.access.rest import validated
from governance.access.signins import perform_for_oneself
from governance.access.stepup import has_second_factor, note_proof, session_of
from governance.errors import BadInput, NotAllowed
from governance.registry.actions import Params


class StepUp(Params):
    """A code or a passkey's answer to `options/` for who has a second factor, the password for who has none."""

    password: str = Field(default="", max_length=1024)
    code: str = Field(default="", max_length=20)
    credential: dict[str, Any] = Field(default_factory=dict)


class OptionsView(APIView):
    @extend_schema(request=None, responses=Options, operation_id="auth_step_up_options")
    def post(self, request: Request) -> Response:
        """What a passkey of the person is asked to show; its answer is taken once, within five minutes."""
        in_person(request)
        check_possible(request)
        options, state = options_to_show(request.user)
        keep(request._request, SHOWN, state)
        return Response(options)


class StepUpView(APIView):
    @extend_schema(request=StepUp, responses={204: None}, operation_id="auth_step_up")
    def post(self, request: Request) -> Response:
        if session_of(request._request) is None:
            raise NotAllowed(_("An API token cannot do this: a person signs in."))
        asked = validated(StepUp, request.data)
        method = by_factor(request, asked) if has_second_factor(request.user) else by_password(request, asked)
        perform_for_oneself(request._request, "governance.session.confirm", {"method": method})
        return Response(status=204)


def by_factor(request: Request, asked: StepUp) -> str:
    if not asked.credential:
        return by_code(request, asked.code)
    factor = use_passkey(
        request._request,
        request.user,
        asked.credential,
        action="governance.session.confirm",
        alone=False,
        state=taken(request._request, SHOWN),
    )
    factor.record_usage()
    note_proof(request._request, "mfa", type=factor.type)
    return str(factor.type)


def by_code(request: Request, code: str) -> str:
    if not code:
        raise BadInput(errors={"code": [_("A code of your second factor is needed.")]})
    factor = use_code(request._request, request.user, code, "governance.session.confirm")
    factor.record_usage()
    note_proof(request._request, "mfa", type=factor.type)
    return str(factor.type)


def by_password(request: Request, asked: StepUp) -> str:
    if not asked.password:
        raise BadInput(errors={"password": [_("Your password is needed.")]})
    found = get_adapter().authenticate(request._request, email=request.user.email, password=asked.password)
    if found is None or found.pk != request.user.pk:
        raise WrongCode()
    note_proof(request._request, "password")
    return "password"
