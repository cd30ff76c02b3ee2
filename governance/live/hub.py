"""From a committed event to this process's sockets: heard once, read once, serialised once (design 2.4)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from governance.live import frames
from governance.live.door import Close, Pass, Refused, still_admitted
from governance.live.frames import RESET, Frame, News
from governance.live.listening import Listener
from governance.live.notify import ALL, CHANNEL_NAME, CHECK, ELSEWHERE
from governance.live.outage import LOST, Outage
from governance.live.places import Places
from governance.notices import frames as notices

logger = logging.getLogger("chenu.live")

MOST_UNSENT = 256  # frames; a socket that is slower than this starts anew
SWEEP_EVERY = 2.0  # seconds
PAUSE = 0.5  # seconds, while the database is away


class Socket:
    """One connected socket as the hub sees it: what it may see, how far it is, what waits to be sent.

    `seen` is None until it has been given what it missed. The queue never blocks the hub.
    """

    def __init__(self, admitted: Pass, place: int = 0) -> None:
        self.admitted, self.place = admitted, place
        self.identity_id = admitted.context.identity_id
        self.seen: int | None = None
        self.queue: asyncio.Queue[str | Close] = asyncio.Queue()

    def offer(self, news: News) -> None:
        """Queues the frames it has not seen; one that is too far behind gets a reset instead."""
        if self.seen is None or news.end <= self.seen:
            return
        if news.frames is None:
            self._start_anew(RESET)
        else:
            self._queue(news.frames)
        self.seen = news.end

    def tell(self, text: str) -> None:
        """Queues a frame outside the sequence; one too slow for it fetches the same with its next page."""
        if self.seen is not None and self.queue.qsize() < MOST_UNSENT // 2:
            self.queue.put_nowait(text)

    def close(self, code: Close) -> None:
        """Ends the socket before anything else is sent."""
        self._start_anew(code)

    def _queue(self, found: Iterable[Frame]) -> None:
        for seq, text in found:
            if seq > (self.seen or 0):
                self.queue.put_nowait(text)
        if self.queue.qsize() > MOST_UNSENT:
            self._start_anew(RESET)

    def _start_anew(self, item: str | Close) -> None:
        while not self.queue.empty():
            waiting = self.queue.get_nowait()
            item = waiting if isinstance(waiting, Close) else item
        self.queue.put_nowait(item)


class Hub:
    """All sockets of this process. Made with the first of them, on the loop they run on."""

    _current: Hub | None = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets: dict[UUID, set[Socket]] = defaultdict(set)
        self.heard: dict[UUID, int] = {}
        self.suspects: set[UUID] = set()  # people whose sockets must be looked at
        self.news_elsewhere: set[UUID] = set()  # people to be told what waits in their other identities
        self.told: dict[UUID, notices.State] = {}  # as of when they have been
        self.awake = asyncio.Event()
        self.outage = Outage()
        self.places = Places()
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self.listener = Listener("live-ears", [CHANNEL_NAME], self._hear, outage=self.outage)
        self.listener.start()
        self.tasks = [self.loop.create_task(self._pump()), self.loop.create_task(self._sweep())]

    @classmethod
    def current(cls) -> Hub:
        """The hub of the running loop."""
        if cls._current is None or cls._current.loop is not asyncio.get_running_loop():
            cls._current = cls()
        return cls._current

    async def enter(self, admitted: Pass) -> Socket:
        """Counts a socket in; from here on the hub remembers what it hears for its identity.

        Raises Refused when the person has ten already, in this process and all others.
        """
        place = await self.places.take(admitted.context.person_id)
        if place is None:
            raise Refused(Close.TOO_MANY)
        socket = Socket(admitted, place)
        self.sockets[socket.identity_id].add(socket)
        return socket

    def begin(self, socket: Socket, seen: int) -> None:
        """The socket has been given everything up to `seen`: from now on it gets the news."""
        socket.seen = seen
        if self.heard.get(socket.identity_id, 0) > seen:
            self.awake.set()

    def leave(self, socket: Socket) -> None:
        """Counts a socket out; harmless to repeat."""
        group = self.sockets[socket.identity_id]
        if socket in group:
            group.discard(socket)
            self.places.give_back(socket.admitted.context.person_id, socket.place)
        if not group:
            del self.sockets[socket.identity_id]
            self.heard.pop(socket.identity_id, None)

    def _all(self) -> list[Socket]:
        return [socket for group in self.sockets.values() for socket in group]

    def _hear(self, payload: str) -> None:
        """In the listener's thread: only what concerns a socket here wakes the loop."""
        subject, _, rest = payload.partition(" ")
        with contextlib.suppress(ValueError):  # a hint of somebody else's making tells nothing
            if subject in {CHECK, ELSEWHERE}:
                self._soon(self._look_at, subject, UUID(rest))
            elif subject == ALL and rest:
                self._soon(self._tell_all, rest)
            elif (identity_id := UUID(subject)) in self.sockets:
                self._soon(self._note, identity_id, int(rest))

    def _soon(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
            self.loop.call_soon_threadsafe(call, *arguments)

    def _note(self, identity_id: UUID, seq: int) -> None:
        if identity_id in self.sockets:
            self.heard[identity_id] = max(seq, self.heard.get(identity_id, 0))
            self.awake.set()

    def _tell_all(self, text: str) -> None:
        for socket in self._all():
            socket.tell(text)

    def _look_at(self, subject: str, person_id: UUID) -> None:
        (self.suspects if subject == CHECK else self.news_elsewhere).add(person_id)
        self.awake.set()

    def _behind(self) -> dict[UUID, int]:
        """Identities with news heard of and not yet delivered, and from where to read them."""
        found = {}
        for identity_id, group in self.sockets.items():
            points = [socket.seen for socket in group if socket.seen is not None]
            if points and self.heard.get(identity_id, 0) > (low := min(points)):
                found[identity_id] = low
        return found

    async def _pump(self) -> None:
        while True:
            await self.awake.wait()
            self.awake.clear()
            await self._patiently(self._deliver)
            if self.suspects:
                await self._patiently(partial(self._check, _taken(self.suspects)))
            if self.news_elsewhere:
                await self._patiently(partial(self._tell_elsewhere, _taken(self.news_elsewhere)))

    async def _deliver(self) -> None:
        if not (behind := self._behind()):
            return
        for identity_id, news in (await self._in_thread(frames.fresh, behind)).items():
            for socket in tuple(self.sockets.get(identity_id, ())):
                socket.offer(news)

    async def _check(self, people: set[UUID] | None = None) -> None:
        """Closes what no longer holds, of these people or of all."""
        held = [one for one in self._all() if people is None or one.admitted.context.person_id in people]
        faults = await self._in_thread(still_admitted, {one.admitted for one in held})
        for socket in held:
            if socket.admitted in faults:
                socket.close(faults[socket.admitted])

    async def _tell_elsewhere(self, people: set[UUID]) -> None:
        """Tells the sockets of these people what waits in their other identities, and what is unread here."""
        held = [one for one in self._all() if one.admitted.context.person_id in people]
        here = {one.admitted.context.person_id for one in held}
        if not here:
            return
        now = await self._in_thread(notices.states, here)  # first: what changes meanwhile is told again
        found = await self._in_thread(notices.waiting_for, here)
        self.told.update(now)
        for socket in held:
            person_id = socket.admitted.context.person_id
            socket.tell(notices.frame(found[person_id], socket.identity_id, now[person_id]))

    async def _look_elsewhere(self) -> None:
        """Finds those whose notices have changed since the last look: their hint may have been lost."""
        people = {one.admitted.context.person_id for one in self._all()}
        now = await self._in_thread(notices.states, people)
        late = {pk for pk in people if pk in self.told and self.told[pk] != now[pk]}
        self.told = now
        await self._tell_elsewhere(late)

    async def _sweep(self) -> None:
        """What a lost hint would have told."""
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            if self.sockets:
                await self._patiently(self._look)

    async def _look(self) -> None:
        for identity_id, end in (await self._in_thread(frames.ends, list(self.sockets))).items():
            self._note(identity_id, end)
        await self._check()
        await self._look_elsewhere()
        self.outage.ended()

    async def _patiently(self, step: Callable[[], Any]) -> None:
        try:
            await step()
        except LOST as error:
            self.outage.began(error)
        except Exception:
            logger.exception("the live hub failed at one step")
        else:
            return
        await asyncio.sleep(PAUSE)
        self.awake.set()

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await self.loop.run_in_executor(self.threads, _giving_back, call, *arguments)


def _taken(people: set[UUID]) -> set[UUID]:
    """What was in the set, which is empty from now on."""
    found = set(people)
    people.clear()
    return found


def _giving_back(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    finally:
        connection.close()
