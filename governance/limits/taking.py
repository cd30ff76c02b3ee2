"""One request more, if the limit allows it: decided in the database, so that all processes count together."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` requests of one subject within any 60 seconds, before the installation's scale."""

    name: str
    most: int

    @property
    def scaled(self) -> int:
        """As this installation counts (`CHENU_LIMITS_SCALE`)."""
        return self.most * int(settings.LIMITS_SCALE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What came of asking: `remaining` requests now, the next one more in `reset` seconds."""

    limit: Limit
    allowed: bool
    remaining: int
    reset: int

    @property
    def policy(self) -> str:
        """The header `RateLimit-Policy`: the name, the quota and its window in seconds."""
        return f'"{self.limit.name}";q={self.limit.scaled};w={WINDOW}'

    @property
    def state(self) -> str:
        """The header `RateLimit`: what is left, and the seconds until there is more."""
        return f'"{self.limit.name}";r={self.remaining};t={self.reset}'


def take(limit: Limit, subject: str) -> Allowance:
    """Counts one request of `subject`; a refused one is not counted. Outside a transaction, as its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT allowed, remaining, reset FROM chenu.request_take(%s, %s)",
            [f"{limit.name}:{subject}"[:120], limit.scaled],
        )
        return Allowance(limit, *cursor.fetchone())
