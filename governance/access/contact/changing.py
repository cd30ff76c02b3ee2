"""Changing password and address, for pages and programs alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from governance.access.refusals import context_of
from governance.access.signins import perform_for_oneself
from governance.access.stepup import session_of, sign_in_key
from governance.errors import BadInput
from governance.isolation.context import bind
from governance.people.models import User
from governance.perform import perform


def set_password(request: HttpRequest, person: User, password: str, field: str = "password") -> None:
    """Keeps a password that passes the rules; BadInput on `field` otherwise. This sign-in goes on, no other."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise BadInput(errors={field: error.messages}) from error
    store_password(request, person, password)
    if signed_in_as(request, person):
        session = session_of(request)
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        if getattr(request, "bearer", False):
            session.save()


def store_password(request: HttpRequest, person: User, password: str) -> None:
    """Performs `governance.person.password`; also for a reset, where nobody is signed in."""
    own = signed_in_as(request, person)
    context = replace(context_of(request, person), session=sign_in_key(request) if own else "")
    with bind(context):
        changed = perform("governance.person.password", {"password_hash": make_password(password)})
    person.password = changed.password


def signed_in_as(request: HttpRequest, person: User) -> bool:
    """Is it the person's own sign-in? On the open paths of the API nobody is signed in."""
    return getattr(request.user, "pk", None) == person.pk


def ask_email(request: HttpRequest, email: str) -> None:
    """Sends the link to the new address. An address that is taken gets another mail, and the asker no hint."""
    person: Any = request.user
    perform_for_oneself(request, "governance.person.ask_email", {"email": email})
    email = email.strip().lower()
    if email == person.email:
        return
    if User.objects.filter(email=email).exists():
        get_adapter().send_account_already_exists_mail(email)
        return
    send_verification_email_to_address(request, EmailAddress.objects.get(user=person, email=email))


def send_link(request: HttpRequest) -> None:
    """Once more the link, to the address that waits or to the own one that was never confirmed."""
    person: Any = request.user
    address = waiting_of(person) or EmailAddress.objects.filter(user=person, verified=False).first()
    if address is not None and not User.objects.filter(email=address.email).exclude(pk=person.pk).exists():
        send_verification_email_to_address(request, address)


def waiting_of(person: User) -> EmailAddress | None:
    """The address that waits for its link, if there is one."""
    return EmailAddress.objects.filter(user=person, verified=False).exclude(email=person.email).first()
