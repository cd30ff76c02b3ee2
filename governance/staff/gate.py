"""The gate of the admin, for the door: who comes in, and what they have read.

In this order, so that nothing is told to who has no business here: nobody → sign in; somebody → there is nothing
here; staff without a second factor → set one up; staff whose proof is old → show it again.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django_otp.middleware import is_verified

from governance.access import sessions
from governance.access.stepup import has_second_factor, may_enter_admin
from governance.errors import NotThere, StepUpRequired
from governance.isolation.context import IdentityContext
from governance.people.models import User
from governance.perform import perform
from governance.staff.actions.upkeep import READ_PAGE
from governance.staff.contexts import staff_context

PREFIX = "/admin/"


class ShownFactor:
    """What django-otp calls a device. It holds no secret: that this sign-in showed a second factor, and of whom."""

    confirmed = True

    def __init__(self, person: User) -> None:
        self.user_id = person.pk


def is_for_staff(path: str) -> bool:
    return path.startswith(PREFIX)


def verify(request: HttpRequest) -> bool:
    """Tells django-otp what this sign-in has shown: the proofs of its session, the one truth there is."""
    person: Any = request.user
    if not person.is_authenticated:
        return False
    if not hasattr(request, "verified_for_admin"):
        request.verified_for_admin = may_enter_admin(request)  # type: ignore[attr-defined]
    verified: bool = request.verified_for_admin  # type: ignore[attr-defined]
    person.otp_device = ShownFactor(person) if verified else None
    person.is_verified = partial(is_verified, person)
    return verified


def admit_staff(request: HttpRequest) -> IdentityContext:
    """The context of a person of the staff. Raises NotThere for anybody else, StepUpRequired for too weak a proof."""
    person: Any = request.user
    if not (person.is_active and person.is_staff) or getattr(request, "bearer", False):
        raise NotThere()
    if not verify(request):
        back = request.get_full_path() if request.method in {"GET", "HEAD"} else PREFIX
        raise StepUpRequired(back=back, enrol=not has_second_factor(person))
    return staff_context(
        person,
        request_id=request.request_id,  # type: ignore[attr-defined]
        epoch=sessions.epoch(request),
        session=request.session.session_key or "",
    )


def record_staff_read(request: HttpRequest, response: HttpResponse) -> None:
    """Puts a page that was read on record before it is sent: as the look it was, or by its name.

    A form that was wrong shows its page, too (400). Raises what stands in the way, such as a look that ended
    meanwhile; the page must then not be sent.
    """
    if response.status_code not in {200, 400} or request.resolver_match is None:
        return
    match = request.resolver_match
    action, params = getattr(request, "look", None) or (
        READ_PAGE,
        {"page": match.url_name or "", "row": str(next(iter(match.kwargs.values()), ""))[:60]},
    )
    perform(action, params)
