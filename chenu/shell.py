"""What the frame of every page shows: who, as whom, where, and what waits. Read only when drawn."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.timezone import now

from governance.audit.models import ChainHead
from governance.checkpoints.models import Checkpoint
from governance.isolation.context import IdentityContext, current_or_none, reading
from governance.ledger.budget import credits_left
from governance.people.models import Identity
from spheres import rail, today

MOST_WAITING = 99


def initials(name: str) -> str:
    """The first letters of the first and last word: « Camille Roy » → CR."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [name.strip()[:2]]
    return "".join(letters).upper()


def identity_card(identity: Identity) -> dict[str, Any]:
    return {"id": identity.pk, "name": identity.name, "kind": identity.kind, "initials": initials(identity.name)}


class Shell:
    """Lazily answers the templates; every attribute is safe for anonymous visitors."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.context: IdentityContext | None = getattr(request, "context", None)
        self.demo = settings.DEMO_MODE
        self.release = settings.RELEASE

    @cached_property
    def person(self) -> dict[str, Any] | None:
        if self.context is None:
            return None
        user = self.request.user
        return {"display_name": str(user), "initials": initials(str(user)), "email": user.email}

    @cached_property
    def identities(self) -> list[dict[str, Any]]:
        return [identity_card(membership.identity) for membership in getattr(self.request, "memberships", [])]

    @cached_property
    def identity(self) -> dict[str, Any] | None:
        mine = [card for card in self.identities if self.context and card["id"] == self.context.identity_id]
        return mine[0] if mine else None

    @cached_property
    def spheres(self) -> list[dict[str, Any]]:
        if current_or_none() is None:
            return rail.cards()
        with reading():
            return rail.cards(today.waiting())

    @property
    def thread(self) -> dict[str, Any] | None:
        """The open thread, when the page says so (`request.thread`: title and url)."""
        return getattr(self.request, "thread", None)

    @cached_property
    def sphere(self) -> dict[str, Any] | None:
        """The active sphere: the one the page says (`request.sphere`), or the one in its address."""
        match = self.request.resolver_match
        said = getattr(self.request, "sphere", None) or (match.kwargs.get("sphere") if match else None)
        slug = str(getattr(said, "slug", said) or "")
        return next((card for card in self.spheres if card["slug"] == slug), None)

    @cached_property
    def waiting(self) -> int:
        """How many questions wait for a decision, counted up to 99."""
        if current_or_none() is None:
            return 0
        with reading():
            return Checkpoint.objects.waiting().filter(expires_at__gt=now())[:MOST_WAITING].count()

    @cached_property
    def credits(self) -> dict[str, int] | None:
        """What is left of this month's credits."""
        if current_or_none() is None:
            return None
        with reading():
            left, cap = credits_left()
        return {"left": left, "cap": cap, "percent": left * 100 // cap if cap else 0}

    @cached_property
    def live_seq(self) -> int:
        """The last news this page already shows: its socket asks for what follows."""
        if current_or_none() is None:
            return 0
        with reading():
            return ChainHead.objects.values_list("event_seq", flat=True).first() or 0

    @property
    def epoch(self) -> str:
        return self.context.epoch if self.context else ""

    @property
    def theme(self) -> str:
        if self.context is not None:
            return self.request.user.theme
        chosen = self.request.COOKIES.get("theme", "auto")
        return chosen if chosen in {"auto", "light", "dark", "contrast"} else "auto"

    @property
    def density(self) -> str:
        return self.request.user.density if self.context is not None else "comfortable"

    @property
    def language(self) -> str:
        return translation.get_language() or settings.LANGUAGE_CODE


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor of every template."""
    return {"shell": Shell(request)}
