"""`/ws/live/`: push only, one identity per socket (design 4.5)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.db import connection

from governance.live.door import Caller, Close, Refused, admit
from governance.live.frames import RESET, hello, missed
from governance.live.hub import Hub, Socket
from governance.live.outage import LOST

logger = logging.getLogger("chenu.live")

NORMAL, BROKEN, TRY_LATER = 1000, 1011, 1013  # RFC 6455
LONGEST_NUMBER = 18  # digits: fits the database's integer

T = TypeVar("T")


class LiveConsumer(AsyncConsumer):
    """Sends the news of one identity; whatever a client sends closes the socket."""

    channel_layer_alias = ""  # sockets get their news from the hub, not from a layer
    accepted = False

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # In a task of its own: a slow client must not keep its own farewell from being heard.
        self.task = asyncio.create_task(self._serve())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        self.task.cancel()
        await self._close(Close.BAD)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        raise StopConsumer()

    async def _serve(self) -> None:
        caller = Caller(self.scope)
        try:
            last_seq = _number(caller.asked("last_seq"))
            admitted = await in_database(admit, caller)
            await self._stay(caller, await Hub.current().enter(admitted), last_seq)
        except Refused as refusal:
            await self._refuse(caller, refusal.code)
        except LOST:
            await self._refuse(caller, TRY_LATER)
        except OSError:
            return  # the client is gone; its disconnect follows
        except Exception:
            logger.exception("a live socket failed")
            await self._refuse(caller, BROKEN)

    async def _stay(self, caller: Caller, socket: Socket, last_seq: int | None) -> None:
        hub = Hub.current()
        try:
            await self._catch_up(caller, socket, last_seq)
            while not isinstance(item := await socket.queue.get(), Close):
                await self._text(item)
            await self._close(item)
        finally:
            hub.leave(socket)

    async def _catch_up(self, caller: Caller, socket: Socket, last_seq: int | None) -> None:
        news = await in_database(missed, socket.admitted.context, last_seq)
        await self._accept(caller)
        await self._text(hello(socket.identity_id, news.end))
        for _, text in news.frames if news.frames is not None else [(0, RESET)]:
            await self._text(text)
        Hub.current().begin(socket, news.end)

    async def _refuse(self, caller: Caller, code: int | None) -> None:
        """A browser learns the reason only from a socket that was opened; a foreign site learns nothing."""
        if code is not None:
            await self._accept(caller)
        await self._close(code or NORMAL)

    async def _accept(self, caller: Caller) -> None:
        if not self.accepted:
            self.accepted = True
            await self.send({"type": "websocket.accept", "subprotocol": caller.protocol})

    async def _text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        await self.send({"type": "websocket.close", "code": int(code)})


async def in_database(call: Callable[..., T], *arguments: Any) -> T:
    """Runs ORM work in a thread of this connection's own: the shared one would queue all sockets."""

    def giving_back() -> T:
        try:
            return call(*arguments)
        finally:
            connection.close()

    async with ThreadSensitiveContext():
        return await sync_to_async(giving_back)()


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Refused(Close.BAD)
    return int(text)
