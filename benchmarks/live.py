"""From a commit to the last of 100 sockets (design 4.5, 8.1).

    python -m benchmarks.live [--small | --full]

100 sockets (`--full`: 500) of the members of one identity, ten each, at one real web process. For each of many
audited writes the time from its commit to the frame in the last socket is taken, and to the first one. The
bare side, in turn in the same run: a NOTIFY after a bare commit, passed on to as many sockets of a plain ASGI
application that knows nobody and stores nothing (benchmarks/bare_live.py).
Proves: every socket gets every frame, once and in order.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.bare_live import CHANNEL_NAME
from benchmarks.ground import Ground, answers, eventually, ground
from benchmarks.measuring import Report, figure, size_of
from benchmarks.people import Person, people

# sockets, writes
SIZES = {"small": (20, 6), "usual": (100, 100), "full": (500, 200)}
EACH_PERSON = 10
WITHIN = 20.0  # seconds for a frame
PAUSE = 0.03  # seconds between two writes


def main() -> None:
    size = size_of(__doc__)
    report = Report("live", size)
    sockets, writes = SIZES[size]
    with ground() as here:
        members = workshop(-(-sockets // EACH_PERSON))
        addresses = here.web().replace("http", "ws", 1), bare_web(here)
        tokens = [member.token() for member in members]
        asyncio.run(deliver(report, addresses, tokens, members[0], sockets, writes))
    report.close()


def workshop(count: int) -> list[Person]:
    """Members of one enterprise identity; the first one owns it."""
    from governance.models import Membership
    from governance.perform import perform

    cast = people(count)
    with cast[0].acting():
        identity = perform("governance.identity.create", {"kind": "enterprise", "name": "Atelier"}).pk
    for person in cast[1:]:
        Membership.objects.create(user=person.user, identity_id=identity, role="member")
    return [Person(person.user, identity, "owner" if person is cast[0] else "member") for person in cast]


class Audience:
    """Many sockets at one address, and what each of them has got."""

    def __init__(self, sockets: list[ClientConnection]) -> None:
        self.sockets = sockets
        self.frames: list[list[tuple[str, float]]] = [[] for _ in sockets]
        self.arrived = asyncio.Event()
        self.tasks = [asyncio.create_task(self._read(number)) for number in range(len(sockets))]

    async def _read(self, number: int) -> None:
        async for text in self.sockets[number]:
            self.frames[number].append((str(text), time.perf_counter()))
            self.arrived.set()

    async def all_have(self, count: int) -> bool:
        """Waits until every socket has `count` frames; False when one stays behind."""
        deadline = time.perf_counter() + WITHIN
        while min(map(len, self.frames)) < count:
            if time.perf_counter() > deadline:
                return False
            self.arrived.clear()
            try:
                await asyncio.wait_for(self.arrived.wait(), 1)
            except TimeoutError:
                continue
        return True

    def times(self, index: int, since: float) -> tuple[float, float]:
        """Microseconds until the first and the last socket had frame `index`."""
        at = [frames[index][1] for frames in self.frames]
        return (min(at) - since) * 1e6, (max(at) - since) * 1e6

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*(one.close() for one in self.sockets))


async def deliver(
    report: Report, addresses: tuple[str, str], tokens: list[str], writer: Person, sockets: int, writes: int
) -> None:
    address, plain_address = addresses
    ours = await seated(address, sockets, tokens, writer)
    plain = Audience([await connect(plain_address) for _ in range(sockets)])
    taken: dict[str, list[tuple[float, float]]] = {"bare": [], "governed": []}
    complete = True
    sides: dict[str, tuple[Audience, Callable[[], float]]] = {
        "bare": (plain, bare_commit),
        "governed": (ours, lambda: governed_commit(writer)),
    }
    for number in range(writes):
        for name, (audience, commit) in sides.items():
            count = len(audience.frames[0]) + 1
            since = await asyncio.to_thread(commit)
            arrived = await audience.all_have(count)
            complete = complete and (arrived or name == "bare")
            if arrived and number >= 2:
                taken[name].append(audience.times(count - 1, since))
            await asyncio.sleep(PAUSE)
    tell(report, taken, sockets)
    prove(report, ours, complete, writes)
    await ours.close()
    await plain.close()


async def seated(address: str, sockets: int, tokens: list[str], owner: Person) -> Audience:
    """Sockets of all members, each after its hello."""
    named = {"X-Identity-ID": str(owner.identity_id)}
    opened = []
    for number in range(sockets):
        protocols: Any = ["chenu.v1", f"bearer.{tokens[number // EACH_PERSON]}"]
        opened.append(await connect(f"{address}/ws/live/", subprotocols=protocols, additional_headers=named))
    for one in opened:
        told = json.loads(await one.recv())
        if told["kind"] != "hello":
            raise RuntimeError(f"a socket was not admitted: {told}")
    return Audience(opened)


def bare_web(here: Ground) -> str:
    """Starts the plain application; its address."""
    from django.db import connection

    dsn = f"host={connection.settings_dict['HOST']} user=chenu_app dbname={connection.settings_dict['NAME']}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = ["-m", "uvicorn", "benchmarks.bare_live:application", "--fd", str(listener.fileno())]
        options = ["--lifespan", "off", "--log-level", "warning", "--no-access-log"]
        running = here.process(
            "bare", [*command, *options], pass_fds=[listener.fileno()], env={**os.environ, "BARE_DSN": dsn}
        )
        where = f"127.0.0.1:{listener.getsockname()[1]}"
    eventually(lambda: answers(f"http://{where}/"), "the bare application answers", running)
    return f"ws://{where}/"


def bare_commit() -> float:
    """A commit of one row, then the hint; when the commit was done."""
    from django.db import connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        since = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL_NAME, str(uuid7())])
        return since
    finally:
        connection.close()


def governed_commit(person: Person) -> float:
    """An audited write with one event; when its commit was done, before anybody was told."""
    from django.db import connection, transaction

    from governance.perform import perform

    done: list[float] = []

    def note(uow: Any, phase: str, row: Any) -> None:
        transaction.on_commit(lambda: done.append(time.perf_counter()))

    try:
        with person.acting():
            perform("spheres.item.create", {"title": "Une note", "sphere": "personal"}, alongside=note)
        return done[0]
    finally:
        connection.close()


def tell(report: Report, taken: dict[str, list[tuple[float, float]]], sockets: int) -> None:
    for place, name in ((0, "first"), (1, "last")):
        figures = {case: figure([[both[place] for both in values]]) for case, values in taken.items()}
        report.compare(f"{name}_of_{sockets}", figures, "bare", sockets=sockets)


def prove(report: Report, ours: Audience, complete: bool, writes: int) -> None:
    """Each socket's frames are the identity's events, in order, each once."""
    numbers = [[json.loads(text)["seq"] for text, _ in frames] for frames in ours.frames]
    right = all(one == list(range(one[0], one[0] + writes)) for one in numbers)
    report.prove("frames", complete and right, f"{len(numbers)} sockets got {writes} frames each, in order")


if __name__ == "__main__":
    main()
