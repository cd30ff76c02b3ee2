"""A program signs in for a person: its pair of tokens, and the entry of that."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access import tokens
from governance.access.models import SignIn
from governance.access.signins import record_opened
from governance.errors import NotSignedIn
from governance.people.models import User


def open_for_program(request: HttpRequest, person: User, method: str, proofs: list[dict[str, Any]]) -> tokens.TokenPair:
    """Issues the pair and records `governance.session.open`; `proofs`: what was shown for it."""
    pair = tokens.issue(person, proofs)
    record_opened(request, person, pair.session, method, SignIn.Kind.PROGRAM)
    return pair


def check_may_enter(person: User) -> None:
    """Raises NotSignedIn for a closed account, and for an address that must be confirmed and is not."""
    if not person.is_active:
        raise NotSignedIn(code="invalid_credentials")
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" and not EmailAddress.objects.is_verified(person.email):
        raise NotSignedIn(_("Confirm your e-mail address first."), code="verification_required")
