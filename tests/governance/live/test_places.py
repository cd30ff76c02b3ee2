"""Ten sockets per person, whichever process they are connected to (design 3.9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from websockets.sync.client import connect

from governance.access.tokens import issue
from governance.live.places import MOST_SOCKETS_PER_PERSON, Places
from tests.cast import Person
from tests.governance.live.conftest import address, close_code, greeted, web_process

pytestmark = pytest.mark.security
Connect = Callable[[Any, Person], Any]


@pytest.fixture
def houses(db: None, tmp_path: Any) -> Iterator[tuple[Any, Any, Connect]]:
    """Two web processes on one database, and a way to connect to either."""
    with ExitStack() as stack:
        found = []
        for number in range(2):
            host = address()
            running = stack.enter_context(web_process(host, tmp_path / f"web{number}.log"))
            found.append((host, running))

        def open_(house: Any, person: Person) -> Any:
            token = issue(person.user).access
            protocols = ["chenu.v1", f"bearer.{token}"]
            url = f"ws://{house[0]}/ws/live/"
            return stack.enter_context(connect(url, subprotocols=protocols, open_timeout=30))

        yield found[0], found[1], open_


def test_the_eleventh_is_refused_by_every_process_and_a_dead_one_leaves_none(
    houses: Any, alice: Person, bob: Person
) -> None:
    one, other, open_ = houses
    held = [open_(house, alice) for house in [one] * 6 + [other] * 4]
    for socket in held:
        greeted(socket)
    for house in (one, other):
        assert close_code(open_(house, alice)) == 4429
    greeted(open_(one, bob))
    held[0].close()
    greeted(open_(other, alice))
    assert close_code(open_(one, alice)) == 4429
    other[1].kill()
    killed = time.monotonic()
    again = open_(one, alice)
    greeted(again)
    assert time.monotonic() - killed < 2
    for _ in range(4):
        greeted(open_(one, alice))
    assert close_code(open_(one, alice)) == 4429


def test_racing_for_the_last_places_gives_no_more_than_there_are(db: None) -> None:
    person, processes = uuid4(), [Places(), Places(), Places()]

    async def race() -> list[int | None]:
        return await asyncio.gather(*(one.take(person) for one in processes for _ in range(8)))

    found = [place for place in asyncio.run(race()) if place is not None]
    assert sorted(found) == list(range(MOST_SOCKETS_PER_PERSON))
    for one in processes:
        one._forget_connection()


def test_who_goes_away_while_asking_takes_no_place(db: None) -> None:
    person, places = uuid4(), Places()

    async def come_and_go() -> None:
        for _ in range(30):
            task = asyncio.create_task(places.take(person))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.2)

    asyncio.run(come_and_go())
    places.thread.submit(lambda: None).result()
    assert not places.held.get(person)
    places._forget_connection()


def test_after_an_outage_the_places_are_held_again(db: None) -> None:
    person, mine, theirs = uuid4(), Places(), Places()

    async def take(places: Places, number: int) -> list[int | None]:
        return [await places.take(person) for _ in range(number)]

    assert None not in asyncio.run(take(mine, 6))
    assert mine.own is not None
    mine.own.close()  # as when the database restarts
    assert None not in asyncio.run(take(mine, 1))
    assert asyncio.run(take(theirs, 4)).count(None) == 1
    for one in (mine, theirs):
        one._forget_connection()
