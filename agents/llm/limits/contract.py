"""What is asked of a provider's limits, and what is answered: the same words for both ways of counting. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol
from uuid import UUID

from django.conf import settings

from agents.llm.errors import CallFailed
from agents.llm.facts import ProviderFacts

WINDOW = 60.0  # seconds
LONGEST_CALL = 600.0  # seconds: a lease that nobody gives back ends then
BURST_SHARE = 10  # at most a tenth of the minute's requests in one second
PATIENCE = 6.0  # seconds: who waits and does not ask again within them is not waited for
HEARTBEAT = 2.0  # seconds: the longest sleep of who waits
AGEING = 15.0  # seconds of waiting that raise by one priority, so that nobody waits for ever


class Priority(IntEnum):
    """Who comes first where there is not room for all."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """At most `requests` and `tokens` (None: not limited) in any `window` seconds, `at_once` calls under way.

    `loosened`: the installation's scale lets more pass than the provider allows, so a lost count matters no more.
    """

    provider: str
    requests: int
    tokens: int | None
    at_once: int
    window: float = WINDOW
    share: int = BURST_SHARE
    loosened: bool = False

    @property
    def burst(self) -> int:
        """The most that may begin within any one second."""
        return max(1, self.requests // self.share)


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to make one call; to be given back when it is over. `at`: when it was counted, by the counter's clock."""

    ticket: UUID
    provider: str
    at: float


@dataclass(frozen=True, slots=True)
class Wait:
    """There is no room yet. Ask again with the same ticket in `seconds`; your place in the queue is kept meanwhile.

    `why`: `requests`, `tokens`, `at_once`, `burst`, `provider` (it said so itself), `restarted` (Redis lost its count).
    """

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Room:
    """What is left at this moment. `tokens` is None where they are not limited."""

    requests: int
    tokens: int | None
    at_once: int

    @property
    def is_full(self) -> bool:
        return self.requests <= 0 or self.at_once <= 0 or (self.tokens is not None and self.tokens <= 0)


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider said of its own limits: seconds to pause, and what is left for how many seconds."""

    pause: float | None = None
    requests: tuple[int, float] | None = None
    tokens: tuple[int, float] | None = None


class Counting(Protocol):
    """One way of counting. What counts elsewhere than in the database raises LimitsUnavailable when it cannot."""

    def take(self, limits: Limits, ticket: UUID, identity: UUID, tokens: int, priority: int) -> Lease | Wait: ...

    def leave(self, provider: str, ticket: UUID, used: int) -> None: ...

    def obey(self, provider: str, said: Said) -> None: ...

    def rooms(self, limits: Mapping[str, Limits]) -> dict[str, Room]: ...


class LimitsUnavailable(CallFailed):
    """Nobody can count at this moment, so nobody calls: `limits_unavailable`."""

    def __init__(self, detail: str) -> None:
        super().__init__("limits_unavailable", detail, retryable=True)


def least(*values: int | None) -> int | None:
    """The smallest of those that are known; None when none is."""
    return min((value for value in values if value is not None), default=None)


def limits_of(facts: ProviderFacts) -> Limits:
    """A provider's limits as this installation counts them (`CHENU_LIMITS_SCALE`)."""
    scale = int(settings.LIMITS_SCALE)
    tokens = None if facts.tpm is None else facts.tpm * scale
    return Limits(facts.id, facts.rpm * scale, tokens, facts.max_concurrency * scale, WINDOW, loosened=scale > 1)
