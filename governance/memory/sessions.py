"""The session of short-term memory: one sign-in of one person, known by a digest of its key (design 3.7).

The key itself opens the door and is never kept here. Whoever is signed out has a key no more, so what belonged to it
cannot be asked for again; the sweep then forgets it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID

from governance.access.models import SignIn
from governance.isolation.context import IdentityContext

DOMAIN = b"chenu.memory.session.v1\x00"


def session_of(actor: IdentityContext) -> str:
    """The digest of the sign-in behind the bound context; '' for a token, an agent's job or the system."""
    return digest_of(actor.session) if actor.session else ""


def digest_of(key: str) -> str:
    return hashlib.sha256(DOMAIN + key.encode()).hexdigest()


def open_sessions(people: Iterable[UUID]) -> set[str]:
    """The digests of the sign-ins of these people that still hold."""
    keys = SignIn.objects.filter(user_id__in=set(people)).alive().values_list("session_key", flat=True)
    return {digest_of(key) for key in keys}
