"""Both ways of counting: PostgreSQL as the test run has it, and a Redis server of the test's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.llm.limits.in_postgres import InPostgres
from agents.llm.limits.in_redis import InRedis
from tests.governance.live.processes import eventually


class Server:
    """A private Redis on a port of its own, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        arguments = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        eventually(self.answers)

    def answers(self) -> bool:
        with socket.socket() as one:
            return not one.connect_ex(("127.0.0.1", self.port))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def old_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that has run for longer than the windows of the tests."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    server = Server(tmp_path_factory.mktemp("redis"))
    counting = InRedis(server.url)

    def is_old() -> bool:
        up: Any = counting._redis.info("server")
        return up["uptime_in_seconds"] >= 5

    eventually(is_old, within=20)
    yield server
    server.kill()


@pytest.fixture(params=["postgres", "redis"])
def counting(request: pytest.FixtureRequest, db: None) -> InPostgres | InRedis:
    """Each test that asks for it runs with both."""
    return InPostgres() if request.param == "postgres" else InRedis(request.getfixturevalue("old_redis").url)


@pytest.fixture
def fresh_redis(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts a server of the test's own."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    started: list[Server] = []

    def start() -> Server:
        started.append(Server(tmp_path))
        return started[-1]

    yield start
    for server in started:
        server.kill()
