"""Reads of memory: what may be seen by whom, and what is narrowed by a filter."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Lower

from governance.isolation.context import IdentityContext
from governance.isolation.querysets import ScopedQuerySet

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinoooooouuuuyy"
AS_TEXT: dict[str, Any] = {"output_field": TextField()}
MOST_WORDS = 10
LIVE = ("active", "pinned")
KEPT = ("proposed", *LIVE, "archived")
# Who reads institutional memory, by the role it was kept for.
READERS = {"viewer": ("viewer",), "member": ("viewer", "member")}
EVERY_ROLE = ("viewer", "member", "admin")


def audiences(role: str) -> tuple[str, ...]:
    """The audiences that a role belongs to."""
    return READERS.get(role, EVERY_ROLE)


def fold(words: str) -> str:
    """As the search compares: small letters without accents."""
    return words.lower().translate(str.maketrans(ACCENTED, PLAIN))


class MemoryQuerySet(ScopedQuerySet):
    """What is remembered in one identity."""

    def visible_to(self, actor: IdentityContext, session: str) -> Self:
        """What is one's own, what belongs to the place where everybody works, and what one's role reads.

        `session`: the digest of the sign-in behind the request; '' for none.
        """
        own = Q(person_id=actor.person_id)
        short = own & Q(type="short_term", session=session) if session else Q(pk__in=[])
        shared = Q(type__in=("mid_term", "agent")) | Q(type="institutional", audience__in=audiences(actor.role))
        return self.filter(short | shared | (own & Q(type="long_term")))

    def alive(self, moment: datetime) -> Self:
        """What is kept and not past its expiry; a proposal is, too."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=moment), status__in=KEPT)

    def overdue(self, moment: datetime) -> Self:
        return self.filter(expires_at__lte=moment).exclude(status="deleted")

    def of_sessions(self) -> Self:
        """What dies with a sign-in."""
        return self.filter(type="short_term").exclude(status="deleted")

    def matching(self, words: str) -> Self:
        """Those whose text holds every one of the words, whatever their accents.

        Read one by one: there is a bounded number of them in an identity (actions.MOST_KEPT), and an index of words
        would be one more place to forget in.
        """
        rows = self.alias(folded=Func(Lower("text"), Value(ACCENTED), Value(PLAIN), function="translate", **AS_TEXT))
        for word in fold(words).split()[:MOST_WORDS]:
            rows = rows.filter(folded__contains=word)
        return rows

    def narrowed(self, **asked: Any) -> Self:
        """By each column that is asked for; None and '' ask for nothing."""
        return self.filter(**{name: value for name, value in asked.items() if value})


class UseQuerySet(ScopedQuerySet):
    """Which run was shown what."""

    def of_run(self, run_id: UUID) -> Self:
        return self.filter(run_id=run_id).order_by("-id")

    def of_items(self, pks: list[UUID]) -> Self:
        return self.filter(memory_id__in=pks).order_by("-id")
