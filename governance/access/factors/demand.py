"""An identity may demand that whoever acts for it has shown a second factor (design 3.9): asked at every door.

A person without one, a sign-in that did not show it and a token that was made without it stay outside; their
other identities stay as they are.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from governance.access import sessions
from governance.access.public import is_for_programs
from governance.access.stepup import has_second_factor, proofs
from governance.errors import SecondFactorNeeded
from governance.people.models import Membership


def check(request: HttpRequest, membership: Membership) -> None:
    """Lets pass whoever has shown what the identity demands; costs nothing where it demands nothing.

    Raises SecondFactorNeeded otherwise. A page that acted for it acts for the default identity from then on,
    and remembers where to go back to.
    """
    if not membership.identity.second_factor_required:
        return
    enrolled = has_second_factor(request.user)  # type: ignore[arg-type]
    if enrolled and has_shown(request):
        return
    if not is_for_programs(request.path_info) and "HX-Request" not in request.headers:
        turn_back(request, membership.identity_id)
    raise SecondFactorNeeded(membership.identity_id, enrol=not enrolled)


def check_named(request: HttpRequest, identity_id: UUID) -> None:
    """The same for one of the person's other identities, before it is switched to."""
    for membership in request.memberships:  # type: ignore[attr-defined]
        if membership.identity_id == identity_id:
            check(request, membership)


def has_shown(request: HttpRequest) -> bool:
    """Did this sign-in, or the making of this token, show a second factor?"""
    token = getattr(request, "api_token", None)
    if token is not None:
        return bool(token.second_factor)
    return any(entry.get("method") == "mfa" for entry in proofs(request))


def turn_back(request: HttpRequest, identity_id: UUID) -> None:
    if sessions.identity(request) == str(identity_id):
        sessions.activate(request, None)
    back = request.get_full_path() if request.method == "GET" else ""
    request.session[sessions.WANTED] = {"identity": str(identity_id), "next": back}


def wanted(request: HttpRequest) -> tuple[Membership, str] | None:
    """The identity that this browser was turned away from, while the person is a member, and the page to go back to."""
    kept: dict[str, Any] = request.session.get(sessions.WANTED) or {}
    for membership in request.memberships:  # type: ignore[attr-defined]
        if str(membership.identity_id) == kept.get("identity"):
            return membership, kept.get("next", "")
    return None


def demanding(memberships: list[Membership]) -> list[str]:
    """The names of those among the person's identities that demand a second factor."""
    return [one.identity.name for one in memberships if one.identity.second_factor_required]
