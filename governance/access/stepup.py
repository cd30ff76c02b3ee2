"""Step-up: the sensitive asks again who is there, unless the person has just shown it (design 3.9).

Who has a second factor shows the second factor; a password does for those who have none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from governance.errors import StepUpRequired
from governance.isolation.context import IdentityContext
from governance.people.models import User

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(person: User) -> bool:
    return Authenticator.objects.filter(user=person, type__in=SECOND).exists()


def who_has_second_factor(people: Iterable[UUID]) -> set[UUID]:
    """Those among `people` who have one; one query for all."""
    return set(Authenticator.objects.filter(user_id__in=people, type__in=SECOND).values_list("user_id", flat=True))


def with_factor(memberships: Any) -> Any:
    """The rows, each with `has_factor`: does its person have one?"""
    theirs = Authenticator.objects.filter(user_id=OuterRef("user_id"), type__in=SECOND)
    return memberships.annotate(has_factor=Exists(theirs))


def require_recent_factor(request: HttpRequest, *, second: bool = False, back: str = "") -> None:
    """Lets pass who proved to be the person within the last ten minutes of this very sign-in.

    Raises StepUpRequired otherwise: a page is led to the proof and back to `back` (by default to itself),
    a program is answered 403 `step_up_required`. `second`: a password alone never does, even for who has
    no second factor yet. An API token can never step up.
    """
    enrolled = has_second_factor(request.user)  # type: ignore[arg-type]
    if second and not enrolled:
        raise StepUpRequired(back=back or _here(request), enrol=True)
    if not recently(request, second=enrolled):
        raise StepUpRequired(back=back or _here(request))


def require_proved(actor: IdentityContext, *, second: bool = False, back: str = "") -> None:
    """As `require_recent_factor`, for an action: whichever door it came through, its actor says what was shown."""
    enrolled = actor_has_second_factor(actor)
    if second and not enrolled:
        raise StepUpRequired(back=back, enrol=True)
    if actor.proved is None or not actor.proved(enrolled):
        raise StepUpRequired(back=back)


def is_proved(actor: IdentityContext, *, second: bool = False) -> bool:
    """Would `require_proved` let pass? For pages that say so before."""
    try:
        require_proved(actor, second=second)
    except StepUpRequired:
        return False
    return True


def actor_has_second_factor(actor: IdentityContext) -> bool:
    return Authenticator.objects.filter(user_id=actor.person_id, type__in=SECOND).exists()


def recently(request: HttpRequest, *, second: bool, within: int | None = None) -> bool:
    """Was the proof given within the time (of step-up, or `within` seconds), by a second factor where `second`?"""
    shown = [entry["at"] for entry in proofs(request) if entry.get("method") == "mfa" or not second]
    return bool(shown) and 0 <= time.time() - max(shown) < (within or settings.STEP_UP_SECONDS)


def has_just_shown(request: HttpRequest) -> bool:
    """Would `require_recent_factor` let pass? For pages that say so before."""
    return recently(request, second=has_second_factor(request.user))  # type: ignore[arg-type]


def proofs(request: HttpRequest) -> list[dict[str, Any]]:
    """What was shown in this sign-in so far: method and time; nothing for an API token."""
    session = session_of(request)
    return proofs_in(session) if session is not None else []


def proofs_in(session: Any) -> list[dict[str, Any]]:
    return [entry for entry in session.get(AUTHENTICATION_METHODS_SESSION_KEY, []) if "at" in entry]


def session_of(request: HttpRequest) -> Any:
    """The session behind the request: the browser's, or the one of the program's pair; None for an API token."""
    if not getattr(request, "bearer", False):
        return request.session
    key = getattr(request, "sign_in_key", "")
    return SessionStore(key) if key else None


def sign_in_key(request: HttpRequest) -> str:
    session = session_of(request)
    return (session.session_key or "") if session is not None else ""


def note_proof(request: HttpRequest, method: str, forget: str = "", **more: Any) -> None:
    """Remembers what was shown where allauth's own pages do not: by programs, and by setting a factor up.

    `forget`: a key of the session that goes in the same moment.
    """
    session = session_of(request)
    session.pop(forget, None)
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [*proofs_in(session), proof(method, **more)]
    if getattr(request, "bearer", False):
        session.save()


def proof(method: str, **more: Any) -> dict[str, Any]:
    return {"method": method, "at": time.time(), "reauthenticated": True, **more}


def may_enter_admin(request: HttpRequest) -> bool:
    """The gate of the admin: active staff who showed a second factor in this very sign-in, not long ago.

    Staff without a second factor stay outside until they have one.
    """
    person = request.user
    if not (person.is_authenticated and person.is_active and person.is_staff):
        return False
    if getattr(request, "bearer", False) or not has_second_factor(person):
        return False
    return recently(request, second=True, within=settings.STAFF_PROOF_SECONDS)


def _here(request: HttpRequest) -> str:
    return request.get_full_path() if request.method in {"GET", "HEAD"} else ""
