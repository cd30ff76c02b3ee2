"""Waiting for news inside a request: woken by NOTIFY, holding neither transaction nor connection (design 2.2, 4.1)."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import connection

from governance.live.listening import Listener
from governance.live.notify import ALL, CHANNEL_NAME, CHECK, ELSEWHERE
from governance.live.outage import Outage

MOST_WAITERS = 200
LOOK_AGAIN = 1.0  # seconds: what a lost hint would have told
T = TypeVar("T")


class Bell:
    """Wakes the waiting threads of this process when their identity has news."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, set[threading.Event]] = defaultdict(set)
        self._listener: Listener | None = None

    def enter(self, identity_id: UUID) -> threading.Event | None:
        """An event that rings with the identity's next news; None when too many wait already."""
        with self._lock:
            if sum(map(len, self._waiting.values())) >= MOST_WAITERS:
                return None
            if self._listener is None or not self._listener.is_alive():
                self._listener = Listener("waiting", [CHANNEL_NAME], self._heard, outage=Outage())
                self._listener.start()
            event = threading.Event()
            self._waiting[identity_id].add(event)
            return event

    def leave(self, identity_id: UUID, event: threading.Event) -> None:
        with self._lock:
            self._waiting[identity_id].discard(event)
            if not self._waiting[identity_id]:
                del self._waiting[identity_id]

    def _heard(self, payload: str) -> None:
        subject, _, _ = payload.partition(" ")
        if subject in {CHECK, ELSEWHERE, ALL}:
            return
        with self._lock:
            for event in self._waiting.get(UUID(subject), ()):
                event.set()


bell = Bell()


def wait_until(look: Callable[[], T | None], identity_id: UUID, seconds: float) -> T | None:
    """The first answer of `look()` that is not None, within `seconds`; else None.

    `look` opens and ends its own transaction; between two looks the connection is given back.
    """
    event = bell.enter(identity_id)
    if event is None:
        return look()
    end = time.monotonic() + seconds
    try:
        while (found := look()) is None and (left := end - time.monotonic()) > 0:
            connection.close()
            event.wait(min(left, LOOK_AGAIN))
            event.clear()
        return found
    finally:
        bell.leave(identity_id, event)
