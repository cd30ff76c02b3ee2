"""`/ws/pipeline/<run>/`: the news of one run, and its words as they are written (design 4.5)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import orjson

from governance.access.bursts import end_session
from governance.access.violations import record_violation
from governance.errors import IdentityBoundary, NotThere
from governance.isolation.context import bind, reading
from governance.live.consumers import LiveConsumer, in_database
from governance.live.door import Caller, Close, Refused
from governance.live.hub import MOST_UNSENT, Hub, Socket
from governance.live.listening import Listener
from governance.live.notify import WORDS_CHANNEL

LONGEST_START = 2.0  # seconds
ABOUT_THE_SOCKET = frozenset({"hello", "reset"})

_find_run: Callable[[UUID], Any] | None = None


def register_run_lookup(function: Callable[[UUID], Any]) -> None:
    """`function(run id)`: looks a run up inside a transaction; raises the refusals of every lookup."""
    global _find_run
    _find_run = function


class Words:
    """Who reads along, in this process; hears the words of all runs on a connection of its own."""

    _current: Words | None = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.readers: dict[tuple[UUID, UUID], set[Socket]] = defaultdict(set)
        self.hearing = threading.Event()
        outage = Hub.current().outage
        self.listener = Listener(
            "words-ears", [WORDS_CHANNEL], self._hear, outage=outage, opened=lambda _: self.hearing.set()
        )
        self.listener.start()

    @classmethod
    def current(cls) -> Words:
        """The one of the running loop."""
        if cls._current is None or cls._current.loop is not asyncio.get_running_loop():
            cls._current = cls()
        return cls._current

    async def ready(self) -> None:
        """Waits a moment for the first connection: who is greeted then misses no words."""
        if not self.hearing.is_set():
            await self.loop.run_in_executor(None, self.hearing.wait, LONGEST_START)

    @contextlib.contextmanager
    def reading_along(self, socket: Socket, run_id: UUID) -> Iterator[None]:
        """The socket gets the words of the run for the block."""
        key = (socket.identity_id, run_id)
        self.readers[key].add(socket)
        try:
            yield
        finally:
            self.readers[key].discard(socket)
            if not self.readers[key]:
                del self.readers[key]

    def _hear(self, payload: str) -> None:
        """In the listener's thread: only what somebody here reads wakes the loop."""
        identity, _, rest = payload.partition(" ")
        run, _, text = rest.partition(" ")
        with contextlib.suppress(ValueError):  # a hint of somebody else's making tells nothing
            key = (UUID(identity), UUID(run))
            if key in self.readers:
                with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
                    self.loop.call_soon_threadsafe(self._pass_on, key, text)

    def _pass_on(self, key: tuple[UUID, UUID], text: str) -> None:
        frame = orjson.dumps({"kind": "llm.call.delta", "run": key[1], "text": text}).decode()
        for socket in tuple(self.readers.get(key, ())):
            # Words are hints: a socket too slow for them loses some, never its news.
            if socket.seen is not None and socket.queue.qsize() < MOST_UNSENT // 2:
                socket.queue.put_nowait(frame)


class RunConsumer(LiveConsumer):
    """One run of the socket's identity; another's closes it with 4403, and is recorded."""

    @property
    def run_id(self) -> UUID:
        found: UUID = self.scope["url_route"]["kwargs"]["run"]
        return found

    async def _stay(self, caller: Caller, socket: Socket, last_seq: int | None) -> None:
        try:
            await in_database(check_run, caller, socket, self.run_id)
            await Words.current().ready()
        except BaseException:
            Hub.current().leave(socket)
            raise
        with Words.current().reading_along(socket, self.run_id):
            await super()._stay(caller, socket, last_seq)

    async def _text(self, text: str) -> None:
        """Of the identity's news only what is about this run."""
        frame = orjson.loads(text)
        if frame["kind"] in ABOUT_THE_SOCKET or frame.get("run") == str(self.run_id):
            await super()._text(text)


def check_run(caller: Caller, socket: Socket, run_id: UUID) -> None:
    """Raises Refused unless the run is one of the socket's identity; a crossing is recorded."""
    assert _find_run is not None, "no app has said how runs are found"
    with bind(socket.admitted.context):
        try:
            with reading():
                _find_run(run_id)
        except IdentityBoundary as refusal:
            if record_violation(caller.request(), refusal):
                end_session(socket.admitted.session_key, socket.admitted.context.person_id)
            raise Refused(Close.FOREIGN) from refusal
        except NotThere as refusal:
            raise Refused(Close.NOT_FOUND) from refusal
