"""How allauth's pages meet our actions: sign-up policy, registration, sign-ins on the record."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import user_logged_in
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import translation

from governance.access import sessions
from governance.isolation.context import bind
from governance.people.models import User
from governance.people.registration import personal_context, register_person
from governance.perform import perform


def signup_is_open() -> bool:
    """May a stranger make an account? The first account of an installation may always be made."""
    return settings.SIGNUP_POLICY == "open" or not User.objects.exists()


class AccountAdapter(DefaultAccountAdapter):
    """allauth's flows with our registration in the middle."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup_is_open()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        fields = form.cleaned_data
        person = register_person(
            email=fields["email"],
            password=fields["password1"],
            display_name=fields["display_name"],
            language=translation.get_language()[:2],
        )
        user.__dict__.update(person.__dict__)
        return user

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There are no user names here."""


@receiver(user_logged_in)
def record_sign_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """A sign-in through a page starts a fresh visible context and is an entry of the person's chain."""
    sessions.activate(request, None)
    record_session(user, "open", "page", getattr(request, "request_id", None))


def record_session(person: User, verb: str, channel: str, request_id: Any = None) -> None:
    """Performs `governance.session.open|close` in the person's personal identity."""
    with bind(personal_context(person, channel=channel, request_id=request_id)):
        perform(f"governance.session.{verb}", {"method": "password"})
