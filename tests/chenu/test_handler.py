"""The ASGI handler of an application that is synchronous throughout (chenu/handler.py)."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import iscoroutinefunction
from asgiref.testing import ApplicationCommunicator

from chenu.handler import OneHop

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/healthz",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1")],
    "client": ("127.0.0.1", 1),
}


async def answer(handler: OneHop) -> tuple[int, bytes]:
    caller = ApplicationCommunicator(handler, SCOPE)
    await caller.send_input({"type": "http.request", "body": b""})
    start = await caller.receive_output(10)
    body = await caller.receive_output(10)
    return start["status"], body["body"]


def test_it_answers_as_an_asgi_application(db: None) -> None:
    status, body = asyncio.run(answer(OneHop()))
    assert status == 200
    assert b"ok" in body


def test_nothing_of_the_chain_is_adapted_to_an_asynchronous_core(db: None) -> None:
    assert not iscoroutinefunction(OneHop()._middleware_chain)
