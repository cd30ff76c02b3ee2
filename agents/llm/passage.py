"""limit → call → observe around an attempt that is held (design 5.3): what one call owes its provider.

Never inside a transaction. The hold and its settlement are those of the caller (`calling.py`): it settles inside
the block, so that what was used is on record before the place is given back and the provider is judged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType

from django.conf import settings

from agents.llm.errors import CallFailed
from agents.llm.exchange import Answer, ModelRequest, Stop
from agents.llm.facts import ProviderFacts
from agents.llm.health.breaker import Seen, admit, observe, unclaim
from agents.llm.limits.contract import Lease, LimitsUnavailable, Priority, Wait
from agents.llm.limits.taking import give_back, give_up, obey
from agents.llm.limits.waiting import Turn, wait_for_room
from agents.llm.models import Attempt
from agents.llm.registry.snapshot import snapshot

logger = logging.getLogger("chenu.providers")


Call = Callable[[Callable[[str], None]], Answer]


def provider_of(provider: str) -> ProviderFacts:
    """Whose limits count. Raises CallFailed where it was switched off after the attempt was begun."""
    facts = snapshot().providers.get(provider)
    if facts is None:
        raise CallFailed("provider_down", f"{provider} is switched off")
    return facts


class Passage:
    """One call's way through a provider's limits and breaker. Leaving the block gives back and tells.

    `call(on_text)` makes it, once there is room.
    `on_wait(wait)` is called once when there is no room, `on_room()` when there is at last; both may raise, and then
    nothing is called.
    """

    def __init__(
        self,
        attempt: Attempt,
        request: ModelRequest,
        stop: Stop,
        call: Call,
        *,
        on_wait: Callable[[Wait], None],
        on_room: Callable[[], None],
        priority: Priority = Priority.NORMAL,
    ) -> None:
        self.request, self.stop, self.on_wait, self.on_room = request, stop, on_wait, on_room
        self.call, self.id = call, attempt.provider
        self.turn = Turn(attempt.pk, attempt.identity_id, request.bytes() + request.output_limit, priority)
        self.lease: Lease | None = None
        self.ended: Answer | CallFailed | None = None
        self._admitted = self._waited = False
        self._began = self._first = self._over = 0.0

    def __enter__(self) -> Passage:
        return self

    def send(self, on_text: Callable[[str], None]) -> Answer | CallFailed:
        """The call, once there is room; its failure is returned, also that of never having been made."""
        try:
            facts = provider_of(self.id)
            self.id = facts.id
            self.lease = wait_for_room(facts, self.turn, self.stop.asked, self._wait)
            admit(self.id, self.turn.ticket)
            self._admitted = True
        except CallFailed as failure:
            return failure
        if self._waited:
            self.on_room()
        return self._call(on_text)

    def _wait(self, wait: Wait) -> None:
        """Who would wait for a provider that is down is told at once instead."""
        admit(self.id, self.turn.ticket)
        self._admitted = self._waited = True
        self.on_wait(wait)

    def _call(self, on_text: Callable[[str], None]) -> Answer | CallFailed:
        def heard(text: str) -> None:
            self._first = self._first or time.monotonic()
            on_text(text)

        self._began = time.monotonic()
        try:
            self.ended = self.call(heard)
        except CallFailed as failure:
            self.ended = failure
        finally:
            self._over = time.monotonic()
        return self.ended

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._give_back()
        except LimitsUnavailable as away:
            logger.warning("a place at %s ends by itself: %s", self.id, away)
        if self.ended is not None:
            observe(self.id, self.turn.ticket, self._seen(self.ended))
        elif self._admitted:
            unclaim(self.id, self.turn.ticket)

    def _give_back(self) -> None:
        if self.lease is None:
            return
        used = 0 if self.ended is None else (self.ended.input_tokens or 0) + (self.ended.output_tokens or 0)
        give_back(self.lease, used)
        if self.ended is not None and (headers := _headers(self.ended)):
            obey(provider_of(self.id), headers)

    def _seen(self, ended: Answer | CallFailed) -> Seen:
        return Seen(
            model=self.request.model.id,
            code=ended.code if isinstance(ended, CallFailed) else "",
            total_ms=_milliseconds(self._began, self._over),
            first_token_ms=_milliseconds(self._began, self._first) if self._first else None,
            output_tokens=0 if settings.DEMO_MODE else ended.output_tokens or 0,  # a simulated speed is nobody's
        )


def drop(attempts: list[Attempt]) -> None:
    """Places of calls whose process is lost: free at once, not when their leases end."""
    for attempt in attempts:
        try:
            give_up(attempt.provider, attempt.pk)
        except LimitsUnavailable as away:
            logger.warning("a place at %s ends by itself: %s", attempt.provider, away)
        unclaim(attempt.provider, attempt.pk)


def _headers(ended: Answer | CallFailed) -> dict[str, str]:
    """What the provider said of its limits, as far as the wire passes it on."""
    headers = dict(ended.headers)
    if isinstance(ended, CallFailed) and ended.retry_after is not None:
        headers["retry-after"] = str(ended.retry_after)
    return headers


def _milliseconds(since: float, until: float) -> int:
    return round((until - since) * 1000)
