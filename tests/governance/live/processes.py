"""Real processes of the installation, against this test run's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.ground import ROOT, application_url


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that uses the test's database as `chenu_app`."""
    from django.conf import settings
    from django.db import connection

    database = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DATABASE_URL": application_url(database),
        "CHENU_AUDIT_KEY_FILE": str(settings.AUDIT_KEY_FILE),
        "CHENU_AUDIT_HEADS_FILE": str(settings.AUDIT_HEADS_FILE),
        "PYTHONPATH": str(ROOT),
        **more,
    }


def forget_waiting() -> None:
    """Empties the queue: a worker would first carry out what earlier tests have left in it, often thousands of jobs."""
    from governance.models import Job

    Job.objects.filter(state=Job.State.PENDING).delete()


def eventually(what: Callable[[], Any], within: float = 10.0) -> Any:
    """The first true value of `what()`; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (value := what()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)
    return value


class Running:
    """A started process; leaving the block kills it. `log()` is what it has written so far."""

    def __init__(self, arguments: list[str], log: Any, **more: Any) -> None:
        self.path = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, **more
            )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.kill()

    def kill(self) -> None:
        """As `kill -9`."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Asks for an orderly end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def count(self) -> int:
        """How many processes there are."""
        return 1

    def log(self) -> str:
        return self.path.read_text()


class Together(Running):
    """Several processes as one: they write into the same log, live together and are stopped together."""

    def __init__(self, *running: Running) -> None:
        self.path, self.running = running[0].path, running

    def kill(self) -> None:
        for each in self.running:
            each.kill()

    def stop(self) -> int:
        for each in self.running:
            each.process.send_signal(signal.SIGTERM)
        return max(each.process.wait(10) for each in self.running)

    def ended(self) -> bool:
        return any(each.ended() for each in self.running)

    @property
    def count(self) -> int:
        return len(self.running)


def worker(log: Any, *options: str, **more: str) -> Running:
    """A worker that is at work; in a run with Redis two processes: one that claims, one that executes what it sends."""
    from django.conf import settings

    from governance.jobs.claims import holders

    if not settings.REDIS_URL:
        return claimer(log, *options, **more)
    known = holders()
    both = Together(executor(log, **more), claimer(log, *options, **more))
    eventually(lambda: len(holders() - known) >= 2 or both.ended(), within=60)
    assert not both.ended(), both.log()
    return both


def claimer(log: Any, *options: str, **more: str) -> Running:
    """`manage.py worker`, which shows that it lives: without Redis it does everything."""
    from governance.models import WorkerBeat

    known = set(WorkerBeat.objects.values_list("pk", flat=True))
    running = Running(["manage.py", "worker", *options], log, env=environment(**more))
    eventually(lambda: WorkerBeat.objects.exclude(pk__in=known).exists() or running.ended(), within=60)
    assert not running.ended(), running.log()
    return running


def executor(log: Any, *options: str, **more: str) -> Running:
    """A process that executes what the claiming one sends over Redis; it knows the tests' kinds of jobs, too."""
    command = ["-m", "celery", "--quiet", "-A", "chenu", "worker", "--include", "tests.governance.jobs.kinds"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", *options]
    return Running(command, log, env=environment(**more))
