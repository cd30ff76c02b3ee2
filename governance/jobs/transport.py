"""kombu's in-memory transport without its polling: a message is taken when it arrives, not at the next look."""

from __future__ import annotations

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory

NAME = "chenu-memory"

_arrived = threading.Event()


class Channel(memory.Channel):
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)  # type: ignore[no-untyped-call]
        _arrived.set()


class Transport(memory.Transport):
    """As `memory://`, for the threads of one process."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Delivers one message; raises TimeoutError when none came within `timeout` seconds (None: waits on)."""
        cycle: Any = self.cycle
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            _arrived.clear()
            try:
                cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = None if deadline is None else deadline - time.monotonic()
                if not _arrived.wait(left if left is None else max(left, 0)):
                    raise TimeoutError from None
            else:
                return


TRANSPORT_ALIASES[NAME] = f"{__name__}:Transport"
