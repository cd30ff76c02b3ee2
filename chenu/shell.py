"""What the frame of every page shows: who, as whom, where, and what waits. Read only when drawn."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import cached_property

from chenu import frame
from governance.access.outside.offered import providers
from governance.isolation.context import Channel, IdentityContext, current_or_none
from governance.notices.models import PersonNotice
from governance.notices.reading import notices_here
from governance.people.models import Identity
from spheres import rail

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
        if self.context is None or self.context.channel is Channel.ADMIN:  # the admin has a frame of its own
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
    def frame(self) -> frame.Frame | None:
        """What is read for the frame, once for a request: a page that reads it first keeps it there."""
        bound = current_or_none()
        if bound is None or bound.channel is Channel.ADMIN:
            return None
        if not hasattr(self.request, "frame"):
            self.request.frame = frame.read()  # type: ignore[attr-defined]
        return self.request.frame  # type: ignore[attr-defined]

    @cached_property
    def spheres(self) -> list[dict[str, Any]]:
        return rail.cards(self.frame.waiting if self.frame else None)

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
        return min(len(self.frame.spheres), MOST_WAITING) if self.frame else 0

    @cached_property
    def notices(self) -> list[PersonNotice]:
        """What waits in the person's other identities."""
        return notices_here() if self.frame and self.frame.notices else []

    @property
    def bell(self) -> int:
        """How much there is to see: what is unread here, and what waits elsewhere."""
        return min(self.frame.unread + self.frame.notices, MOST_WAITING) if self.frame else 0

    @cached_property
    def credits(self) -> dict[str, int] | None:
        """What is left of this month's credits."""
        if self.frame is None:
            return None
        left, cap = self.frame.left, self.frame.cap
        return {"left": left, "cap": cap, "percent": left * 100 // cap if cap else 0}

    @cached_property
    def ending(self) -> dict[str, Any] | None:
        """What is going to be erased, when, and whether this person may undo it."""
        if self.frame is None or self.frame.ending is None or self.context is None:
            return None
        is_account = self.frame.ending == "account"
        return {"is_account": is_account, "at": self.frame.ends_at, "mine": is_account or self.context.role == "owner"}

    @cached_property
    def halts(self) -> list[dict[str, str]]:
        """The kill switches that hold on this page: those of its sphere and thread, and those without a place."""
        sphere, thread = (self.sphere or {}).get("slug"), (self.thread or {}).get("url", "")
        found = (
            [dict(zip(("scope", "ref", "name"), one, strict=True)) for one in self.frame.halts] if self.frame else []
        )
        here = {"sphere": lambda ref: ref == sphere, "thread": lambda ref: ref in thread}
        return [one for one in found if here.get(one["scope"], lambda ref: True)(one["ref"])]

    @cached_property
    def stops(self) -> list[dict[str, str]]:
        """What the operator has stopped for everybody."""
        return (
            [dict(zip(("scope", "name", "reason"), one, strict=True)) for one in self.frame.stops] if self.frame else []
        )

    @property
    def live_seq(self) -> int:
        """The last news this page already shows: its socket asks for what follows."""
        return self.frame.seq if self.frame else 0

    @cached_property
    def here(self) -> str:
        """The address of the page, to come back to."""
        return self.request.get_full_path()

    @property
    def outside(self) -> list[tuple[str, str]]:
        """The outside accounts one may sign in with: (id, name)."""
        return providers()

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
