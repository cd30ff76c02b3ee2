"""Setting up an authenticator app: a secret that waits, encrypted, in the sign-in until a code proves it."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access.attempts import counted
from governance.access.factors.codes import SPACING, matching_period
from governance.access.stepup import note_proof, session_of
from governance.errors import BadInput

WAITING = "factor_waiting"
WAITS_FOR = 60 * 60  # seconds


def waiting_secret(request: HttpRequest) -> str:
    """The secret that waits in this sign-in; a new one when there is none."""
    return _waiting(session_of(request)) or new_secret(request)


def new_secret(request: HttpRequest) -> str:
    session, secret = session_of(request), generate_totp_secret()
    session[WAITING] = {"secret": get_adapter().encrypt(secret), "at": int(time.time())}
    if getattr(request, "bearer", False):
        session.save()
    return secret


def proven(request: HttpRequest, code: str) -> dict[str, Any]:
    """The parameters of `governance.factor.add` for the app whose `code` matches; BadInput otherwise."""
    secret = _waiting(session_of(request))
    if secret is None:
        raise BadInput(_("This set-up has expired. Start again."))
    with counted(request, "second_factor", f"enrol-{request.user.pk}") as attempt:  # type: ignore[union-attr]
        period = matching_period(secret, SPACING.sub("", code)) if code.isascii() else None
        if period is None:
            raise BadInput(errors={"code": [_("This code is not right. Is the device's clock?")]})
        attempt.forgive()
    return {"type": "totp", "secret": secret, "period": period}


def settled(request: HttpRequest) -> None:
    """The app is kept: nothing waits any more, and its first code was a proof like any other."""
    note_proof(request, "mfa", forget=WAITING, type=str(Authenticator.Type.TOTP))


def otpauth_url(request: HttpRequest, secret: str) -> str:
    return get_adapter().build_totp_url(request.user, secret)


def _waiting(session: Any) -> str | None:
    kept = session.get(WAITING) or {}
    if not kept or not 0 <= time.time() - kept["at"] <= WAITS_FOR:
        return None
    return get_adapter().decrypt(kept["secret"])
