"""Counting failures: per account and per address, shared by all processes, alike for known and unknown accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.errors import TooMany

LOCKED_FOR = 15 * 60  # seconds


@dataclass(slots=True)
class Attempt:
    """One counted try. Until it is forgiven it is a failure."""

    usage: ratelimit.RateLimitUsage

    def forgive(self) -> None:
        """It was no failure. Only this one is taken back: a success must not wipe out earlier guesses."""
        self.usage.rollback()


@contextmanager
def counted(request: HttpRequest, action: str, key: str) -> Iterator[Attempt]:
    """Counts a try of `action` before it is judged, so that racing guesses all count. Raises TooMany."""
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
    if usage is None:
        raise locked()
    yield Attempt(usage)


def forget_failures(counts: Mapping[str, str]) -> None:
    """Forgets what is counted for an account: {action: key}. What is counted by address stays."""
    for action, key in counts.items():
        for rate in ratelimit.get_rates(app="allauth.account", action=action):
            if rate.per == "key":
                kept = ratelimit.get_cache_key(None, app="allauth.account", action=action, rate=rate, key=key)
                with ratelimit.cache_lock(kept):
                    cache.delete(kept)


def locked() -> TooMany:
    """The same words whether the account exists or not, whether the secret was right or wrong."""
    return TooMany(_("Too many failed attempts. Try again in a quarter of an hour."), retry_after=LOCKED_FOR)
