"""What a person has set up, in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator

from governance.people.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    id: int
    name: str
    alone: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(slots=True)
class Factors:
    """`app` is the authenticator app; `codes_left` counts unused recovery codes, None without any list."""

    app: Authenticator | None = None
    passkeys: list[Passkey] = field(default_factory=list)
    codes: Any = None

    @property
    def on(self) -> bool:
        return self.app is not None or bool(self.passkeys)

    @property
    def only_one(self) -> bool:
        """Would removing one leave none?"""
        return len(self.passkeys) + (self.app is not None) == 1

    @property
    def codes_left(self) -> int | None:
        return len(self.codes.get_unused_codes()) if self.codes else None


def factors_of(person: User) -> Factors:
    found = Factors()
    for row in Authenticator.objects.filter(user=person).order_by("pk"):
        if row.type == Authenticator.Type.TOTP:
            found.app = row
        elif row.type == Authenticator.Type.RECOVERY_CODES:
            found.codes = row.wrap()
        else:
            found.passkeys.append(_passkey(row))
    return found


def _passkey(row: Authenticator) -> Passkey:
    return Passkey(row.pk, row.data.get("name", ""), bool(row.wrap().is_passwordless), row.created_at, row.last_used_at)
