"""The text of a token: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from django.utils.timezone import now

from governance.access.models import ApiToken
from governance.errors import NotSignedIn

MARK = "chenu_"
SHAPE = re.compile(r"chenu_[A-Za-z0-9_-]{8}_[A-Za-z0-9_-]{43}")
NOTED_EVERY = timedelta(minutes=1)


def new_text() -> tuple[str, str]:
    """(the token, its prefix): 256 random bits behind a prefix that scanners of leaked keys recognise."""
    prefix = MARK + secrets.token_urlsafe(6)
    return f"{prefix}_{secrets.token_urlsafe(32)}", prefix


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def token_of(header: str) -> ApiToken | None:
    """The live token of `Authorization: Bearer chenu_…`; None when it is another kind of token.

    Raises NotSignedIn `invalid_token` when it is one of ours, but unknown, expired or revoked.
    """
    scheme, _, text = header.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text.startswith(MARK):
        return None
    found = None
    if SHAPE.fullmatch(text):
        found = ApiToken.objects.filter(digest=digest_of(text)).select_related("user").first()
    if found is None or not found.is_live or not found.user.is_active:
        raise NotSignedIn(code="invalid_token")
    return found


def note_use(token: ApiToken) -> None:
    """Remembers when it was last used, to the minute: after the answer, outside any transaction."""
    moment = now()
    if token.last_used_at is None or moment - token.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=moment)
