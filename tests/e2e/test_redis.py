"""A whole installation with Redis, as `make run` starts it: what it does when Redis or an executor is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.e2e.conftest import free_port, wait_until_ready
from tests.ground import ROOT
from tests.redis_server import PROGRAM, RedisServer

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")]

SEND = "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi"
SLOW = "Que contient ce fil ?\n#sim slow 6s"
PASSWORD = "correct-cheval-7"


class House:
    """A running CHE·NU with its Redis, and how to speak with it as a program."""

    def __init__(self, url: str, data: Path, process: subprocess.Popen[bytes], redis: RedisServer) -> None:
        self.url, self.data, self.process, self.redis = url, data, process, redis
        self.token = ""

    def call(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of an answer; with a body it is a POST."""
        headers |= {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def sign_up(self) -> str:
        self.token = ""
        email = f"camille-{time.time_ns()}@example.com"
        fields = {"email": email, "password": PASSWORD, "display_name": "Camille Roy", "language": "fr"}
        status, answer = self.call("/api/v2/auth/register/", fields)
        assert status == 201, answer
        self.token = answer["access"]
        return email

    def ask(self, text: str, prefer: str = "wait=45") -> tuple[int, Any]:
        return self.call("/api/v2/nova/query/", {"text": text, "sphere": "personal"}, Prefer=prefer)

    def run(self, run_id: str) -> dict[str, Any]:
        return self.call(f"/api/v2/nova/runs/{run_id}/")[1]

    def approve(self, checkpoint: dict[str, Any]) -> None:
        path = f"/api/v2/governance/checkpoints/{checkpoint['id']}/decision/"
        status, answer = self.call(path, {"decision": "approve", "envelope_digest": checkpoint["envelope_digest"]})
        assert status == 200, answer

    def mails(self) -> list[Path]:
        return list((self.data / "outbox").glob("*.eml"))

    def checks(self) -> dict[str, str]:
        return self.call("/readyz")[1]["checks"]

    def executors(self) -> list[int]:
        """The process ids of the executors."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and _parent(entry) == self.process.pid and b"celery" in _words(entry):
                found.append(int(entry.name))
        return found

    @contextmanager
    def live(self) -> Iterator[Callable[[str], dict[str, Any]]]:
        """`wait_for(kind)`: the next frame of that kind on the live socket."""
        address = f"ws{self.url.removeprefix('http')}/ws/live/"
        with connect(address, subprotocols=["chenu.v1", f"bearer.{self.token}"], open_timeout=30) as socket:  # type: ignore[list-item]

            def wait_for(kind: str) -> dict[str, Any]:
                while True:
                    frame = json.loads(socket.recv(timeout=60))
                    if frame["kind"] == kind:
                        return frame

            wait_for("hello")
            yield wait_for

    def log(self) -> str:
        return (self.data / "up.log").read_text()


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _words(entry: Path) -> list[bytes]:
    try:
        return (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def eventually(what: Callable[[], Any], within: float = 180) -> Any:
    deadline = time.monotonic() + within
    while not (value := what()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.1)
    return value


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("with-redis")
    redis = RedisServer(folder / "redis").start()
    data, port = folder / "var", free_port()
    data.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHENU_", "DATABASE_"))}
    environment |= {
        "REDIS_URL": redis.url,
        "CHENU_EXECUTORS": "2",
        "CHENU_DATA_DIR": str(data),
        "CHENU_PORT": str(port),
        "CHENU_SIMULATOR_PORT": str(free_port()),
        "CHENU_DEMO": "1",
        "CHENU_LIMITS_SCALE": "100",
    }
    with (data / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, data / "up.log")
        yield House(f"http://127.0.0.1:{port}", data, process, redis)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        redis.kill()
    assert "did not end by itself" not in (data / "up.log").read_text()


def test_a_mail_is_asked_for_approved_and_sent_and_the_socket_tells(house: House) -> None:
    eventually(lambda: house.checks()["executors"] == "2 running")
    assert "Jobs go over Redis to 2 executors here." in house.log()
    house.sign_up()
    before = len(house.mails())
    with house.live() as wait_for:
        status, stopped = house.ask(SEND)
        assert status == 423, stopped
        wait_for("checkpoint.created")
        house.approve(stopped["checkpoint"])
        run = wait_for("pipeline.complete")["run"]
    assert run == stopped["run_id"]
    eventually(lambda: len(house.mails()) == before + 1)
    assert house.call("/api/v2/governance/audit/verify/")[1]["ok"] is True


def test_a_run_survives_the_death_of_redis_and_what_needs_it_is_closed_meanwhile(house: House) -> None:
    email = house.sign_up()
    _, begun = house.ask(SLOW, prefer="respond-async")
    run_id = begun["id"]
    eventually(lambda: house.run(run_id)["status"] == "running")
    house.redis.kill()
    try:
        status, refused = house.call("/api/v2/auth/login/", {"email": email, "password": PASSWORD})
        assert (status, refused["code"]) == (503, "cache_unavailable")
        assert house.call("/api/v2/auth/me/")[0] == 200
        assert house.checks()["redis"] == "not answering"
        _, waiting = house.ask("Que contient ce fil ?", prefer="respond-async")
        eventually(lambda: house.run(run_id)["status"] == "completed")
        assert house.run(waiting["id"])["status"] == "pending"
    finally:
        house.redis.start()
    eventually(lambda: house.run(waiting["id"])["status"] == "completed")
    assert house.call("/api/v2/auth/login/", {"email": email, "password": PASSWORD})[0] == 200
    assert house.checks()["redis"] == "ok"


def test_a_run_survives_the_death_of_every_executor_and_they_come_back(house: House) -> None:
    house.sign_up()
    _, begun = house.ask(SLOW, prefer="respond-async")
    eventually(lambda: house.run(begun["id"])["status"] == "running")
    killed = eventually(lambda: found if len(found := house.executors()) == 2 else None)
    for process in killed:
        os.kill(process, signal.SIGKILL)
    _, waiting = house.ask(SEND, prefer="respond-async")
    for one, wanted in ((begun, "completed"), (waiting, "awaiting_approval")):
        eventually(lambda one=one, wanted=wanted: house.run(one["id"])["status"] == wanted, within=50)
    assert "executor1 was killed by signal 9: starting it again" in house.log()
    again = eventually(lambda: found if len(found := house.executors()) == 2 else None)
    assert not set(again) & set(killed)
