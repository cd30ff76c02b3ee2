"""Waiting for room in a provider's limits: bounded by a deadline and by Stop, fair by the queue's own order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from uuid import UUID

from agents.llm.errors import CallFailed
from agents.llm.facts import ProviderFacts
from agents.llm.limits.contract import HEARTBEAT, Lease, LimitsUnavailable, Priority, Wait
from agents.llm.limits.taking import give_up, take

LONGEST_QUEUE = 90.0  # seconds: a whole window, and some more


@dataclass(frozen=True, slots=True)
class Turn:
    """Who wants to call, and how urgently. `ticket` names the call, so that asking twice is one take."""

    ticket: UUID
    identity: UUID
    tokens: int
    priority: Priority = Priority.NORMAL


def wait_for_room(
    provider: ProviderFacts,
    turn: Turn,
    stopped: Event,
    on_wait: Callable[[Wait], None],
    longest: float = LONGEST_QUEUE,
) -> Lease:
    """The lease, as soon as it is this one's turn. `on_wait` is called once, when it has to wait; it may raise.

    Raises CallFailed: `cancelled`, `limit_reached` (after `longest` seconds), `limits_unavailable`. Then, and when
    anything else is raised, its place in the queue is free for others.
    """
    began, told = time.monotonic(), False
    try:
        while True:
            answer = take(provider, turn.identity, turn.tokens, ticket=turn.ticket, priority=turn.priority)
            if isinstance(answer, Lease):
                return answer
            if not told:
                told = True
                on_wait(answer)
            left = began + longest - time.monotonic()
            if left <= 0:
                raise CallFailed("limit_reached", f"no room within {longest:.0f} s: {answer.why}")
            if stopped.wait(min(answer.seconds, HEARTBEAT, left)):
                raise CallFailed("cancelled")
    except LimitsUnavailable:
        raise  # nobody counts, so there is no queue to leave; what was left there ends by itself
    except BaseException:
        give_up(provider.id, turn.ticket)
        raise
