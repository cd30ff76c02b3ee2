"""The code flow of an outside account, step by step, through allauth's providers: PKCE is always ours."""

from __future__ import annotations

from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ValidationFailed
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from governance.access.attempts import counted
from governance.access.outside.leaving import ProviderSilent, the_provider
from governance.access.refusals import record_refused
from governance.access.violations import address
from governance.errors import Conflict, NotAllowed, NotSignedIn
from governance.people.models import User

# What a house may answer that confirms nothing: it is not ours to fail on.
UNCONFIRMED = (
    PermissionDenied, OAuth2Error, ProviderException, ImmediateHttpResponse, ValidationFailed, jwt.PyJWTError,
    KeyError, ValueError, TypeError, AttributeError,
)  # fmt: skip


class NotConfirmed(NotSignedIn):
    """The other house did not confirm who it is, or the way back is forged, used or too old."""

    code, title = "outside_refused", _("The other site did not confirm who you are")

    @classmethod
    def recorded(cls, request: HttpRequest, provider: str) -> NotConfirmed:
        """The refusal, counted by address and on record: nobody is known by it."""
        with counted(request, "second_factor", f"outside-{address(request)}"):
            record_refused(request, None, "governance.session.open", "outside_refused", provider=provider)
        return cls()


def address_to_open(request: HttpRequest, provider: str, redirect_uri: str, state: str) -> tuple[str, str]:
    """(where the browser goes, the PKCE verifier that stays here). Raises NotThere, ProviderSilent."""
    chosen = the_provider(request, provider)
    proof = generate_code_challenge()
    verifier = proof.pop("code_verifier")
    try:
        adapter = chosen.get_oauth2_adapter(request)
        client = _client(adapter, request, chosen, redirect_uri)
        client.state = state
        url = client.get_redirect_url(adapter.authorize_url, chosen.get_scope(), {**chosen.get_auth_params(), **proof})
    except (RequestException, KeyError, ValueError) as error:
        raise ProviderSilent() from error
    return url, verifier


def confirmed(request: HttpRequest, provider: str, code: str, verifier: str, redirect_uri: str) -> Any:
    """Who the other house says it is, looked up here. Raises NotConfirmed, ProviderSilent, NotThere."""
    chosen = the_provider(request, provider)
    try:
        adapter = chosen.get_oauth2_adapter(request)
        data = _client(adapter, request, chosen, redirect_uri).get_access_token(code, pkce_code_verifier=verifier)
        adapter.did_fetch_access_token = True
        token = adapter.parse_token(data)
        sociallogin = adapter.complete_login(request, chosen.app, token, response=data)
        sociallogin.token = token
        sociallogin.lookup()
    except RequestException as error:
        raise ProviderSilent() from error
    except UNCONFIRMED as error:
        raise NotConfirmed.recorded(request, provider) from error
    return sociallogin


def person_behind(request: HttpRequest, sociallogin: Any) -> tuple[User, bool]:
    """(the person, were they made just now?). Where the page would ask something, Conflict `sign_up_first`."""
    if sociallogin.is_existing:
        return sociallogin.user, False
    house = get_adapter()
    if not house.is_open_for_signup(request, sociallogin):
        raise NotAllowed(_("This installation is not open for new accounts."))
    email = sociallogin.user.email
    if not email or User.objects.filter(email=email.lower()).exists():
        raise Conflict("sign_up_first", _("Sign up on the page first, or link this account to the one you have."))
    person: User = house.save_user(request, sociallogin)
    return person, True


def _client(adapter: Any, request: HttpRequest, provider: Any, redirect_uri: str) -> Any:
    client = adapter.get_client(request, provider.app)
    client.callback_url = redirect_uri
    return client
