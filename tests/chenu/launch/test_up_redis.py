"""`manage.py up` with REDIS_URL: what is wrong with it is one line, before anything is started."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chenu import starting
from chenu.launch.errors import LaunchError
from chenu.reaching import reach_redis
from tests.chenu.launch.processes import everything_said
from tests.chenu.launch.test_up import free_port, up
from tests.redis_server import PROGRAM, RedisServer

SECRET = "agrafe-7-secret"
needs_redis = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")


class Page(socketserver.StreamRequestHandler):
    """Speaks HTTP."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that asks for a password."""
    server = RedisServer(tmp_path / "redis", "--requirepass", SECRET).start()
    yield server
    server.kill()


def refusal(url: str) -> str:
    with pytest.raises(LaunchError) as refused:
        reach_redis(url)
    assert "wrong-secret" not in str(refused.value)
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    port = free_port()
    said = refusal(f"redis://:wrong-secret@127.0.0.1:{port}/0")
    assert said.startswith(
        f"the Redis of REDIS_URL (127.0.0.1:{port}) does not answer: start it, or take REDIS_URL away (Error 111"
    )


@needs_redis
def test_a_wrong_or_missing_password_is_said(locked: RedisServer) -> None:
    where = f"the Redis of REDIS_URL (127.0.0.1:{locked.port}) does not let us in: "
    assert refusal(locked.url).startswith(where)
    assert refusal(f"redis://:wrong-secret@127.0.0.1:{locked.port}/0").startswith(where)
    reach_redis(f"redis://:{SECRET}@127.0.0.1:{locked.port}/0")


@needs_redis
def test_a_database_that_it_does_not_have_or_a_copy_that_is_only_read_is_said(locked: RedisServer) -> None:
    assert "out of range" in refusal(f"redis://:{SECRET}@127.0.0.1:{locked.port}/999")
    import redis

    with redis.Redis.from_url(f"redis://:{SECRET}@127.0.0.1:{locked.port}/0") as client:
        client.replicaof("127.0.0.1", str(free_port()))
    assert "can only be read" in refusal(f"redis://:{SECRET}@127.0.0.1:{locked.port}/0")


def test_something_else_that_answers_there_is_said() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert refusal(f"redis://127.0.0.1:{server.server_address[1]}/0").endswith("is not Redis")
        server.shutdown()


def test_a_start_without_its_redis_is_one_line(tmp_path: Path) -> None:
    port = free_port()
    start = up(tmp_path, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    said = everything_said(start, 60)
    assert start.returncode == 1
    assert len(said) == 1
    assert said[0].startswith(f"CHE·NU cannot start: the Redis of REDIS_URL (127.0.0.1:{port}) does not answer")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("REDIS_URL", "127.0.0.1:6379", "REDIS_URL must be the address of a Redis server, such as"),
        ("REDIS_URL", "redis://127.0.0.1:6379/first", "REDIS_URL must be the address of a Redis server, such as"),
        ("REDIS_URL", "redis://127.0.0.1:many/0", "REDIS_URL must be the address of a Redis server, such as"),
        ("CHENU_EXECUTORS", "-1", "CHENU_EXECUTORS must be a number of processes from 0 to 64"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, variable: str, value: str, said: str) -> None:
    start = up(tmp_path, **{variable: value})
    lines = everything_said(start, 60)
    assert (start.returncode, len(lines)) == (2, 1)
    assert lines[0].startswith(f"CHE·NU cannot start: {said}")


@pytest.mark.parametrize(
    ("redis", "executors", "started", "said"),
    [
        ("", 3, [], ""),
        ("redis://127.0.0.1:1/0", 1, ["executor1"], "Jobs go over Redis to 1 executor here."),
        ("redis://127.0.0.1:1/0", 2, ["executor1", "executor2"], "Jobs go over Redis to 2 executors here."),
        ("redis://127.0.0.1:1/0", 0, [], "Jobs go over Redis to executors elsewhere (CHENU_EXECUTORS=0)"),
    ],
)
def test_as_many_executors_as_are_wanted_and_the_start_says_where_jobs_go(
    settings: Any, redis: str, executors: int, started: list[str], said: str
) -> None:
    settings.REDIS_URL, settings.EXECUTORS, settings.DEMO_MODE = redis, executors, False
    assert [name for name in starting.commands(3) if name.startswith("executor")] == started
    assert "\n".join(starting._notes()).startswith(said)
    assert bool(starting._notes()) is bool(redis)
