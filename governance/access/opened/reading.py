"""The open sign-ins of a person, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access import sessions
from governance.access.models import SignIn
from governance.access.stepup import sign_in_key

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


HOW = {
    "password": _("password"),
    "totp": _("authenticator app"),
    "recovery_codes": _("recovery code"),
    "webauthn": _("passkey"),
    "passkey": _("passkey"),
    "register": _("sign-up"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """One of them. `seen_at`: when it was last used, to the minute."""

    row: SignIn
    device: str
    here: bool
    seen_at: datetime

    @property
    def how(self) -> str:
        """What was shown for it, in words; an outside account by its own name."""
        return " + ".join(str(HOW.get(part, part)) for part in self.row.method.split("+"))


def doors(request: HttpRequest, rows: Iterable[SignIn]) -> list[Door]:
    """The rows with what their sessions know; one query for all."""
    found = list(rows)
    stored = {row.session_key: row for row in Session.objects.filter(pk__in=[row.session_key for row in found])}
    here = sign_in_key(request)
    return [_door(row, stored.get(row.session_key), row.session_key == here) for row in found]


def _door(row: SignIn, session: Session | None, here: bool) -> Door:
    seen = session.get_decoded().get(sessions.SEEN) if session is not None else None
    seen_at = datetime.fromtimestamp(seen, UTC) if seen else row.created_at
    return Door(row, device(row.user_agent), here, max(seen_at, row.created_at))


def device(user_agent: str) -> str:
    """“Firefox, Windows” from what a browser says of itself; a program's own words otherwise."""
    browser = next((name for sign, name in BROWSERS if f"{sign}/" in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or user_agent[:40]
