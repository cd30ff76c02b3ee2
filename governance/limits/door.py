"""M5 at the HTTP door: how often somebody may ask, said in headers before it hurts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from governance.errors import GovernanceError, TooMany
from governance.isolation.context import IdentityContext
from governance.limits.address import client_address, counted_as
from governance.limits.kinds import AUTH, limit_of, subject_of
from governance.limits.taking import Allowance, take


def check(request: HttpRequest, context: IdentityContext | None) -> None:
    """Counts the request. Raises TooMany, with nothing done, when its limit is reached."""
    limit = limit_of(request)
    if limit is None:
        return
    allowance = request.allowance = take(limit, subject_of(request, context))  # type: ignore[attr-defined]
    if not allowance.allowed:
        raise TooMany(_("So many requests within a minute are not allowed."), retry_after=allowance.reset)


def refused(request: HttpRequest, refusal: GovernanceError) -> GovernanceError:
    """Whom the door does not let in is counted, too: a wrong token as a guess of its address. What to answer."""
    limit, subject = limit_of(request), counted_as(client_address(request.META))
    if refusal.code == "invalid_token":
        limit, subject = AUTH, f"token:{subject}"
    if limit is None or hasattr(request, "allowance"):
        return refusal
    allowance = request.allowance = take(limit, subject)  # type: ignore[attr-defined]
    return refusal if allowance.allowed else TooMany(retry_after=allowance.reset)


def tell(request: HttpRequest, response: HttpResponse) -> None:
    """The `RateLimit` headers of an answer."""
    allowance: Allowance | None = getattr(request, "allowance", None)
    if allowance is not None:
        response.headers["RateLimit-Policy"] = allowance.policy
        response.headers["RateLimit"] = allowance.state
