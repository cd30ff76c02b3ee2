"""How allauth's pages meet our actions: sign-up policy, registration, sign-ins on the record, locks."""

from __future__ import annotations

import logging
import time
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.signals import authentication_step_completed, user_logged_in
from allauth.core import context
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from governance.access import sessions, signins
from governance.access.attempts import Attempt, counted
from governance.access.contact.changing import store_password
from governance.access.links import link_to
from governance.access.refusals import context_of, record_refused
from governance.access.stepup import has_second_factor
from governance.isolation.context import bind
from governance.limits.address import client_address
from governance.members import joining
from governance.people.models import User
from governance.people.registration import register_person
from governance.perform import perform

FORGOTTEN = frozenset({"account/email/password_reset_key", "account/email/unknown_account"})
FORGOTTEN_TAKES = 0.3  # seconds: more than either of them needs

logger = logging.getLogger("chenu.accounts")


def signup_is_open() -> bool:
    """May a stranger make an account? The first account of an installation may always be made."""
    return settings.SIGNUP_POLICY == "open" or not User.objects.exists()


class AccountAdapter(DefaultAccountAdapter):
    """allauth's flows with our registration in the middle."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup_is_open() or joining.admits(joining.held(request))

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

    def get_client_ip(self, request: HttpRequest) -> str:
        """For allauth's own limits: the same address that ours count."""
        return client_address(request.META)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There are no user names here."""

    def set_password(self, user: User, password: str) -> None:
        """Where allauth changes a password (a reset by link), our action does it."""
        store_password(context.request, user, password)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The link was opened: the address is confirmed, and replaces an older one."""
        person, before = email_address.user, email_address.user.email
        with bind(context_of(request, person)):
            perform("governance.person.confirm_email", {"address": email_address.pk})
        email_address.refresh_from_db()
        if before != email_address.email:
            told = {"from_email": before, "to_email": email_address.email}
            self.send_notification_mail("account/email/email_changed", person, context=told, email=before)
        return True

    def get_reset_password_from_key_url(self, key: str) -> str:
        return link_to(context.request, super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return link_to(request, super().get_email_confirmation_url(request, emailconfirmation))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the try before it is judged; TooMany, alike for known and unknown addresses.

        The key is the address alone: counted by the Host header as well, every made-up port would be a
        fresh start.
        """
        email = str(credentials.get("email", "")).strip().lower()
        with counted(request, "login_failed", f"login-{email}") as attempt:
            self._attempt: Attempt = attempt

    def _rollback_login_failed_rl_usage(self) -> None:
        self._attempt.forgive()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email", "")).strip().lower()[:254]
        person = User.objects.filter(email=email).first()
        record_refused(request, person, "governance.session.open", "invalid_credentials", email=email)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor proves it with that: a password may be what was stolen."""
        methods = super().get_reauthentication_methods(user)
        if user.is_authenticated and has_second_factor(user):
            return [method for method in methods if method["id"] != "reauthenticate"]
        outside = {"id": "outside", "description": _("Sign in again"), "url": reverse("outside-again")}
        return methods or [outside]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's; the two answers to a forgotten password take equally long, whether there is an account or not."""
        super().send_mail(template_prefix, email, context)
        began = getattr(self.request, "began", None)
        if template_prefix in FORGOTTEN and began is not None:
            time.sleep(max(0.0, began + FORGOTTEN_TAKES - time.monotonic()))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """News of a change that is done: a mail server that is down must not undo the answer."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except (OSError, SMTPException) as error:
            logger.warning("a notification could not be sent: %s", error)


@receiver(user_logged_in)
def record_sign_in(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    """A sign-in through a page starts a fresh visible context and is an entry of the person's chain."""
    sessions.activate(request, None)
    signins.record_page_opened(request, user)


@receiver(authentication_step_completed)
def record_step_up(sender: Any, request: HttpRequest, user: User, method: str, **more: Any) -> None:
    """Who is signed in has shown again who they are."""
    if more.get("reauthenticated"):
        signins.perform_for_oneself(
            request, "governance.session.confirm", {"method": str(more.get("type") or method)[:40]}
        )


@receiver(user_logged_out)
def record_sign_out(sender: Any, request: HttpRequest | None, user: User | None, **more: Any) -> None:
    """A sign-out through a page; Django ends the session right after."""
    if request is not None and user is not None and hasattr(request, "request_id"):
        signins.record_closed(request, user)
