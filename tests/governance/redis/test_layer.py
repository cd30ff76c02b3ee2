"""The layer of the sockets, as settings make it with REDIS_URL: for sockets that speak with each other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis import RedisError

from governance.redis.layer import Layer
from tests.redis_server import RedisServer

IDLE = 6  # seconds: longer than the layer waits in Redis at a time


def layer(server: RedisServer) -> Layer:
    return Layer([server.url], prefix="chenu:1:channels")


async def passes(sender: Any, receiver: Any) -> None:
    """A message of one process reaches a group's member in another."""
    name = await receiver.new_channel()
    await receiver.group_add("room", name)
    waiting = asyncio.create_task(receiver.receive(name))
    await asyncio.sleep(0.1)
    await sender.group_send("room", {"type": "room.news"})
    assert await asyncio.wait_for(waiting, 10) == {"type": "room.news"}


@pytest.mark.asyncio
async def test_who_waits_long_is_still_reached(server: RedisServer) -> None:
    one, two = layer(server), layer(server)
    name = await two.new_channel()
    waiting = asyncio.create_task(two.receive(name))
    await asyncio.sleep(IDLE)
    assert not waiting.done()
    await one.send(name, {"type": "late.news"})
    assert await asyncio.wait_for(waiting, 10) == {"type": "late.news"}
    for each in (one, two):
        await each.close_pools()


@pytest.mark.asyncio
async def test_a_server_that_comes_back_carries_news_again(server: RedisServer) -> None:
    one, two = layer(server), layer(server)
    await passes(one, two)
    server.kill()
    with pytest.raises(RedisError):
        await one.group_send("room", {"type": "room.news"})
    server.start()
    await passes(one, two)
    for each in (one, two):
        await each.close_pools()
