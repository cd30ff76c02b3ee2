"""`/api/v2/auth/oauth/{provider}/…`: programs sign a person in with an outside account (RFC 8252).

The program opens the address that `authorize/` answers in a browser, is sent back to by the other house
itself, and hands code and state to `callback/`. We redirect nobody, so there is nothing to redirect astray.
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.factors.challenges import HOLDS_FOR, keep_for_stranger, taken_by_stranger
from governance.access.halfway import challenge_for
from governance.access.outside.flow import NotConfirmed, address_to_open, confirmed, person_behind
from governance.access.outside.redirects import is_registered
from governance.access.programs import check_may_enter, open_for_program
from governance.access.rest import validated
from governance.access.stepup import has_second_factor, proof
from governance.errors import BadInput, NotSignedIn
from governance.people import shapes
from governance.people.models import User
from governance.registry.actions import Params

WAY = "outside_way"


class Authorize(Params):
    """`redirect_uri`: where the program listens; one of those that the installation accepts, exactly."""

    redirect_uri: str = Field(min_length=1, max_length=500)


class Callback(Params):
    """`handle`: what `authorize/` answered; `state` and `code`: what the other house sent back."""

    handle: str = Field(max_length=64)
    state: str = Field(max_length=500)
    code: str = Field(min_length=1, max_length=2000)


class Opened(BaseModel):
    """`handle` stays with the program and is good once; it never goes through the browser."""

    authorization_url: str
    handle: str
    state: str
    expires_in: int


def set_out(request: Request, provider: str, *, person: User | None) -> dict[str, Any]:
    """The answer to `authorize/`. The way back is bound to `person`, who links an account; to nobody at a sign-in."""
    asked = validated(Authorize, request.data)
    if not is_registered(asked.redirect_uri):
        raise BadInput(errors={"redirect_uri": [_("This installation sends nobody there.")]})
    state = secrets.token_urlsafe(32)
    url, verifier = address_to_open(request._request, provider, asked.redirect_uri, state)
    kept = {"provider": provider, "state": state, "verifier": verifier, "redirect_uri": asked.redirect_uri}
    handle = keep_for_stranger(WAY, {**kept, "person": _key(person)})
    return {"authorization_url": url, "handle": handle, "state": state, "expires_in": HOLDS_FOR}


def come_back(request: Request, provider: str, *, person: User | None) -> Any:
    """Who the other house says it is, if this is the way that `person` set out on. Raises NotConfirmed."""
    asked = validated(Callback, request.data)
    kept = taken_by_stranger(WAY, asked.handle)
    if (
        kept is None
        or (kept["provider"], kept["person"]) != (provider, _key(person))
        or not secrets.compare_digest(kept["state"].encode(), asked.state.encode())
    ):
        raise NotConfirmed.recorded(request._request, provider)
    return confirmed(request._request, provider, asked.code, kept["verifier"], kept["redirect_uri"])


def _key(person: User | None) -> str:
    return str(person.pk) if person else ""


class OpenView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class AuthorizeView(OpenView):
    @extend_schema(request=Authorize, responses=Opened, operation_id="auth_oauth_authorize")
    def post(self, request: Request, provider: str) -> Response:
        return Response(set_out(request, provider, person=None))


class CallbackView(OpenView):
    @extend_schema(request=Callback, responses=shapes.SignedIn, operation_id="auth_oauth_callback")
    def post(self, request: Request, provider: str) -> Response:
        """The pair of tokens; or 401 `second_factor_required` with a challenge, as `login/` answers."""
        sociallogin = come_back(request, provider, person=None)
        person, is_new = person_behind(request._request, sociallogin)
        if is_new and settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
            own = EmailAddress.objects.get_primary(person)
            if own is not None and not own.verified:
                own.send_confirmation(request._request, signup=True)
        check_may_enter(person)
        if has_second_factor(person):
            raise NotSignedIn(
                _("A second factor is needed."),
                code="second_factor_required",
                challenge=challenge_for(person, provider),
            )
        shown = proof("socialaccount", provider=provider)
        return Response(shapes.signed_in(person, open_for_program(request._request, person, provider, [shown])))
