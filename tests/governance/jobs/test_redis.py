"""With Redis: the worker claims, `celery -A chenu worker` executes; the rows stay the truth."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess

import pytest

from tests.governance.jobs.conftest import all_done, states
from tests.governance.jobs.kinds import effects
from tests.governance.live.processes import Running, environment, eventually

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@pytest.fixture
def redis(tmp_path):
    """`redis()`: starts the server on its port, again after a kill."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running: list[subprocess.Popen] = []

    def start():
        arguments = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
        running.append(subprocess.Popen(arguments, stdout=subprocess.DEVNULL))
        eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", port)))
        return f"redis://127.0.0.1:{port}/0", running[-1]

    yield start
    for server in running:
        server.kill()
        server.wait()


@pytest.fixture
def start_executor(db, tmp_path):
    started = []

    def start(url):
        command = ["-m", "celery", "-A", "chenu", "worker", "--pool", "threads", "--concurrency", "4"]
        command += ["--include", "tests.governance.jobs.kinds", "--without-gossip", "--without-mingle", "-l", "ERROR"]
        started.append(Running(command, tmp_path / "celery.log", env=environment(REDIS_URL=url)))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def test_a_killed_executor_and_a_lost_redis_lose_no_job(start_worker, start_executor, redis, put, alice):
    url, server = redis()
    start_worker(REDIS_URL=url)
    executor = start_executor(url)
    jobs = [put(alice, "tests.slow") for _ in range(4)]
    eventually(lambda: "running" in states(jobs), within=90)
    executor.kill()
    start_executor(url)
    eventually(lambda: all_done(jobs), within=90)
    assert all("done" in effects(job.object_id) for job in jobs)
    server.send_signal(signal.SIGKILL)
    server.wait()
    late = put(alice, "tests.write")
    eventually(lambda: states([late]) == ["pending"] and not _fresh(late), within=90)
    redis()
    eventually(lambda: all_done([late]), within=90)
    assert len(effects(late.object_id)) == 1


def _fresh(job):
    """Not yet tried to be handed out."""
    job.refresh_from_db()
    return job.fence == 0
