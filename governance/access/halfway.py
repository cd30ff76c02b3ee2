"""Half a sign-in: password or outside account are right, the second factor is owed. It opens only its other half."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core import signing

from governance.access.stepup import proof
from governance.people.models import User

SALT = "chenu.halfway"
HOLDS_FOR = 5 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Half:
    """Who is half signed in, and what was shown for it: `password`, or the name of an outside account."""

    person: User
    by: str = "password"

    @property
    def proof(self) -> dict[str, Any]:
        """What the whole sign-in remembers of this half."""
        return proof("password") if self.by == "password" else proof("socialaccount", provider=self.by)


def challenge_for(person: User, by: str = "password") -> str:
    """What a program shows together with its code; worth nothing alone, nor after a change of password."""
    return signing.dumps({"person": str(person.pk), "password": _mark(person), "by": by}, salt=SALT)


def half_of(challenge: str) -> Half | None:
    """The first half of a sign-in, or None when the challenge is forged, old or overtaken."""
    try:
        told = signing.loads(challenge, salt=SALT, max_age=HOLDS_FOR)
    except signing.BadSignature:
        return None
    person = User.objects.filter(pk=told["person"], is_active=True).first()
    if person is None or _mark(person) != told["password"]:
        return None
    return Half(person, told["by"])


def _mark(person: User) -> str:
    return hashlib.sha256(person.get_session_auth_hash().encode()).hexdigest()[:32]
