"""What the session remembers of the visible context: identity, epoch, and when it was last used."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

from django.http import HttpRequest

IDENTITY, EPOCH, SEEN = "identity", "epoch", "seen"
WANTED = "wanted"  # the identity that asked for a second factor, and the page to go back to
TOUCH_EVERY = 60  # seconds: a session in use is renewed at most once a minute


def identity(request: HttpRequest) -> str:
    """The id of the identity chosen in this session, or '' for the default one."""
    return request.session.get(IDENTITY, "")


def epoch(request: HttpRequest) -> str:
    """A token that changes with each switch of identity; made with the first page of a session."""
    if EPOCH not in request.session:
        request.session[EPOCH] = secrets.token_urlsafe(9)
    return request.session[EPOCH]


def activate(request: HttpRequest, identity_id: UUID | None) -> None:
    """Acts for `identity_id` (None: the default one) from now on; every open page becomes stale."""
    request.session.pop(WANTED, None)
    if identity_id is None:
        request.session.pop(IDENTITY, None)
    else:
        request.session[IDENTITY] = str(identity_id)
    request.session[EPOCH] = secrets.token_urlsafe(9)


def keep_alive(request: HttpRequest) -> None:
    """Renews an idle time-out that counts from the last use."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) >= TOUCH_EVERY:
        request.session[SEEN] = now
