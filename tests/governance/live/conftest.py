"""A real web process and real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from uuid_utils.compat import uuid7
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.cast import Person
from tests.governance.live.processes import Running, environment, eventually


def address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def web_process(host: str, log: Any) -> Running:
    """A web process that answers."""
    port = host.rpartition(":")[2]
    options = ["--port", port, "--lifespan", "off", "--log-level", "warning", "--no-access-log"]
    running = Running(["-m", "uvicorn", "chenu.asgi:application", *options], log, env=environment())
    eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", int(port))) or running.ended(), within=60)
    assert not running.ended(), running.log()
    return running


@pytest.fixture(scope="package")
def web(database: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a web process on this test's database."""
    host = address()
    with django_db_blocker.unblock():
        running = web_process(host, tmp_path_factory.mktemp("web") / "web.log")
    with running:
        yield host
        assert "ERROR" not in running.log(), running.log()


@pytest.fixture
def live(web: str, db: None) -> Iterator[Callable[..., ClientConnection]]:
    """`live(alice)`: a socket of her browser; `live(alice, token=True)`: of her program; None: of nobody."""
    with ExitStack() as stack:

        def open_(person: Person | None, query: str = "", *, token: Any = None, origin: Any = ..., **more: Any) -> Any:
            headers = more.pop("headers", {})
            if token is not None:
                from governance.access.tokens import issue

                text = issue(person.user).access if token is True else token  # type: ignore[union-attr]
                more["subprotocols"] = ["chenu.v1", f"bearer.{text}"]
            elif person is not None:
                headers["Cookie"] = f"sessionid={person.browser.cookies['sessionid'].value}"
            if token is None:
                more["origin"] = f"http://{web}" if origin is ... else origin
            more.setdefault("open_timeout", 30)
            return stack.enter_context(connect(f"ws://{web}/ws/live/{query}", additional_headers=headers, **more))

        yield open_


def announce(person: Person, kind: str = "message.created", identity: Any = None, **data: Any) -> Any:
    """Commits one event as that person; its object's id."""
    from governance.uow import unit_of_work

    object_id = uuid7()
    with person.acting(identity), unit_of_work() as uow:
        uow.announce(kind, object_id, **data)
    return object_id


def receive(ws: ClientConnection, within: float = 10) -> dict[str, Any]:
    return json.loads(ws.recv(timeout=within))


def greeted(ws: ClientConnection) -> int:
    """Takes the first frame; its seq."""
    frame = receive(ws)
    assert frame["kind"] == "hello"
    return frame["seq"]


def close_code(ws: ClientConnection, within: float = 15) -> int:
    """Waits for the end, whatever comes before; the code."""
    while True:
        try:
            ws.recv(timeout=within)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006
