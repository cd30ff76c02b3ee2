"""The challenges of passkeys: kept in the database, good for one answer within five minutes.

Who is signed in keeps theirs in the sign-in; a program that is not gets a handle to a row of its own.
"""

from __future__ import annotations

import time
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils.timezone import now

from governance.access.stepup import session_of

HOLDS_FOR = 5 * 60  # seconds
MADE, SHOWN = "passkey_made", "passkey_shown"


def keep(request: HttpRequest, purpose: str, state: dict[str, Any]) -> None:
    """Keeps the challenge in the sign-in behind the request; an older one of the same purpose is void."""
    session = session_of(request)
    session[purpose] = {"state": state, "at": int(time.time())}
    if getattr(request, "bearer", False):
        session.save()


def taken(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    """The challenge that waits in the sign-in, which is used up by that; None when there is none, or an old one.

    Taken from the locked row: of two answers at once one finds nothing.
    """
    session = session_of(request)
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=session.session_key).first()
        stored = row.get_decoded() if row is not None else {}
        kept = stored.pop(purpose, None)
        if row is not None and kept is not None:
            row.session_data = SessionStore().encode(stored)
            row.save(update_fields=["session_data"])
    session.pop(purpose, None)
    return kept["state"] if kept and 0 <= time.time() - kept["at"] <= HOLDS_FOR else None


def keep_for_stranger(purpose: str, state: dict[str, Any]) -> str:
    """Keeps something for who is not signed in; the handle to it."""
    store = SessionStore()
    store[purpose] = state
    store.set_expiry(HOLDS_FOR)
    store.create()
    return store.session_key or ""


def taken_by_stranger(purpose: str, handle: str) -> dict[str, Any] | None:
    """What was kept under the handle, once; nothing of another purpose, such as a sign-in, is touched."""
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=handle, expire_date__gt=now()).first()
        state = row.get_decoded().get(purpose) if row is not None else None
        if row is None or state is None:
            return None
        row.delete()
    return state  # type: ignore[no-any-return]
