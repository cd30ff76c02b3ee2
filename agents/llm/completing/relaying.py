"""A completion that is answered while it is written: a worker acts, the server's loop passes on (design 6.1).

The act runs in a thread of its own with the caller's context, so that nothing of it needs a loop; what it says waits
in a short queue. Its first event is awaited before the answer begins, so that a refusal keeps its status.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.http import StreamingHttpResponse

from agents.llm.completing.asking import Done, complete
from agents.llm.completing.params import CompleteParams
from agents.llm.completing.refusals import ModelFailed
from agents.llm.exchange import Stop
from governance.errors import GovernanceError

MOST_WAITING = 256  # events between worker and reader
SIGN_OF_LIFE = 15.0  # seconds
COMMENT = b": .\n\n"
logger = logging.getLogger("chenu.completions")


@dataclass(frozen=True, slots=True)
class Words:
    """Some of the answer, and the model it comes from."""

    model: str
    text: str


Event = Words | Done | GovernanceError
Encode = Callable[[Event], Iterator[bytes]]


class Relay:
    """The events of one completion, the last of which is Done or a refusal."""

    def __init__(self, params: CompleteParams) -> None:
        self.stop = Stop()
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._wake: Callable[[], object] | None = None
        context = contextvars.copy_context()
        self._worker = threading.Thread(target=context.run, args=(self._act, params), name="completion", daemon=True)
        self._worker.start()

    def _act(self, params: CompleteParams) -> None:
        try:
            self._put(complete(params, lambda model, text: self._put(Words(model, text)), self.stop), last=True)
        except GovernanceError as refusal:
            self._put(refusal, last=True)
        except Exception:
            logger.exception("a completion failed")
            self._put(ModelFailed("provider_error"), last=True)
        finally:
            connection.close()

    def _put(self, event: Event, last: bool = False) -> None:
        """Waits for room, unless nobody listens any more."""
        with self._changed:
            while len(self._waiting) >= MOST_WAITING and not last and not self.stop.asked.is_set():
                self._changed.wait(0.2)
            self._waiting.append(event)
            self._changed.notify_all()
            if self._wake is not None:
                self._wake()

    def first(self) -> Event:
        """The first event, without taking it."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting[0]

    def _take(self) -> Event | None:
        with self._changed:
            event = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return event

    async def written(self, encode: Encode) -> AsyncIterator[bytes]:
        """The events as bytes, with a sign of life in long silences. Whoever stops reading stops the call."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(ready.set)
        try:
            while True:
                ready.clear()
                event = self._take()
                if event is None:
                    try:
                        await asyncio.wait_for(ready.wait(), SIGN_OF_LIFE)
                    except TimeoutError:
                        yield COMMENT
                    continue
                for piece in encode(event):
                    yield piece
                if not isinstance(event, Words):
                    return
        finally:
            self._wake = None
            self.stop.ask()


def streamed(params: CompleteParams, encode: Encode) -> StreamingHttpResponse:
    """The answer as server-sent events. Raises what the completion refuses before its first word."""
    relay = Relay(params)
    connection.close()  # whoever waits holds none
    first = relay.first()
    if isinstance(first, GovernanceError):
        raise first
    response = StreamingHttpResponse(relay.written(encode), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response
