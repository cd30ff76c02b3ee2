"""The bare side of `benchmarks.live`: hears NOTIFY, sends the text to every socket, knows nobody.

An ASGI application for uvicorn: `BARE_DSN` says where to listen. Never part of an installation.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

import psycopg

CHANNEL_NAME = "bench_live"

_queues: set[asyncio.Queue[str]] = set()
_ears: threading.Thread | None = None
_listening = threading.Event()


def listen(loop: asyncio.AbstractEventLoop) -> None:
    """In a thread of its own, for as long as the process lives."""
    with psycopg.connect(os.environ["BARE_DSN"], autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL_NAME}")
        _listening.set()
        for notice in connection.notifies():
            loop.call_soon_threadsafe(send_all, notice.payload)


def send_all(text: str) -> None:
    for queue in _queues:
        queue.put_nowait(text)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    global _ears
    if _ears is None:
        _ears = threading.Thread(target=listen, args=(asyncio.get_running_loop(),), daemon=True)
        _ears.start()
    if scope["type"] == "http":
        status = 200 if _listening.is_set() else 503
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    queue: asyncio.Queue[str] = asyncio.Queue()
    await receive()
    await send({"type": "websocket.accept"})
    _queues.add(queue)
    gone = asyncio.create_task(receive())
    try:
        while not gone.done():
            waiting = asyncio.create_task(queue.get())
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                await send({"type": "websocket.send", "text": waiting.result()})
            else:
                waiting.cancel()
    finally:
        _queues.discard(queue)
