"""Six digits of an app, eight of a recovery list: each is good once, whoever shows it and however fast."""

from __future__ import annotations

import re
import secrets
import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access.attempts import counted
from governance.access.refusals import record_refused
from governance.errors import NotSignedIn
from governance.people.models import User

TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
SPACING = re.compile(r"[\s\-]")
CODE = re.compile(r"[0-9]{6}|[0-9]{8}")


class WrongCode(NotSignedIn):
    """The code is wrong, or was good once already: who asks is not told which."""

    code, title = "invalid_code", _("This code is not right")


def use_code(request: HttpRequest, person: User, code: str, action: str) -> Authenticator:
    """Uses up a code of the person and returns its factor.

    Raises WrongCode, after an entry of the refused `action` in the person's chain, and TooMany once
    the failures of this account or address are counted out.
    """
    with counted(request, "second_factor", f"person-{person.pk}") as attempt:
        found, reason = _take(person, SPACING.sub("", code))
        if found is None:
            record_refused(request, person, action, reason)
            raise WrongCode()
        attempt.forgive()
    return found


def matching_period(secret: str, code: str) -> int | None:
    """The 30 seconds that an app's code belongs to, if they are now or next to now."""
    now = int(time.time()) // app_settings.TOTP_PERIOD
    for period in range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1):
        if secrets.compare_digest(code, totp.format_hotp_value(totp.hotp_value(secret, period))):
            return period
    return None


@transaction.atomic
def _take(person: User, code: str) -> tuple[Authenticator | None, str]:
    """The factor whose code this is, marked as used; or None and why. The rows are locked: no code works twice."""
    if not CODE.fullmatch(code):
        return None, "wrong_code"
    factors = Authenticator.objects.select_for_update().filter(user=person, type__in=TYPED).order_by("pk")
    for factor in factors:
        good, reason = _take_period(factor, code) if factor.type == factor.Type.TOTP else _take_recovery(factor, code)
        if good or reason:
            return (factor if good else None), reason
    return None, "wrong_code"


def _take_period(factor: Authenticator, code: str) -> tuple[bool, str]:
    period = matching_period(decrypt(factor.data["secret"]), code)
    if period is None:
        return False, ""
    if period <= factor.data.get("period", 0):
        return False, "reused_code"
    factor.data["period"] = period
    factor.save(update_fields=["data"])
    return True, ""


def _take_recovery(factor: Authenticator, code: str) -> tuple[bool, str]:
    codes = factor.wrap()
    if codes.validate_code(code):
        return True, ""
    return False, "reused_code" if code in codes.generate_codes() else ""
