"""Outside accounts (Google, Microsoft, GitHub, any OIDC provider): how a sign-in there becomes a person here.

An outside account never takes over an account that exists: an address proves nothing between two houses.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest
from django.utils import translation

from governance.access.accounts import signup_is_open
from governance.access.attempts import counted
from governance.access.outside import linking
from governance.access.public import is_for_programs
from governance.access.refusals import record_refused
from governance.access.violations import address
from governance.people.models import User
from governance.people.registration import register_person


class OutsideAdapter(DefaultSocialAccountAdapter):
    """allauth's, with our registration in the middle."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return signup_is_open()

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Somebody who is signed in came back to link the account: our action does it, or says why not."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(linking.finish(request, sociallogin))

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        email = form.cleaned_data["email"] if form else sociallogin.user.email
        name = form.cleaned_data["display_name"] if form else sociallogin.user.display_name
        person = register_person(
            email=email,
            password=None,
            display_name=one_line(name) or email.partition("@")[0][:80],
            language=translation.get_language()[:2],
            channel="api" if is_for_programs(request.path_info) else "page",
        )
        sociallogin.user.__dict__.update(person.__dict__)
        sociallogin.save(request)
        return person

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        parts = (data.get("first_name"), data.get("last_name"))
        user.email = (data.get("email") or "").lower()
        user.display_name = one_line(data.get("name") or " ".join(part for part in parts if part))
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **more: Any) -> None:
        """A way back that is forged, used or refused by the other house: nobody is known by it, but it is counted."""
        with counted(request, "second_factor", f"outside-{address(request)}"):
            record_refused(request, None, "governance.session.open", "outside_refused", provider=str(provider))


def one_line(name: str) -> str:
    """What another house says somebody is called, as a name that can stand here."""
    kept = "".join(letter if letter.isprintable() else " " for letter in str(name or ""))
    return " ".join(kept.split())[:80]
