"""Starts the processes of an installation, watches them, and ends them in order (design 2.6, 6.3)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from chenu.launch.account import tethered
from chenu.launch.errors import LaunchError
from chenu.launch.logbook import LogBook
from chenu.launch.processes import Process

LONGEST_PAUSE = 30
SETTLED_AFTER = 60
STOP_GRACE = 8
FOUNDATION_SHARE = 0.25
TICK = 0.1


@dataclass
class Service:
    """One watched process. `start` gives a running process; the others follow how it is asked to end.

    A `foundation` is stopped only when all others are gone: they may need it to finish.
    """

    name: str
    start: Callable[[], Process]
    foundation: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    process: Process | None = None
    deaths: int = 0
    pause: int = 1
    started_at: float = 0.0
    due_at: float | None = field(default=0.0)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def command_service(
    name: str,
    command: Sequence[str],
    log: LogBook,
    *,
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
    share: Sequence[int] = (),
) -> Service:
    """A service that runs `command` in a process session of its own; it dies with us even if we are killed.

    `share` lists open files (numbers) the command inherits.
    """

    def start() -> Process:
        child = subprocess.Popen(
            tethered(command, signal.SIGKILL),
            env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(share),
        )
        assert child.stdout
        log.follow(name, child.stdout)
        return child

    return Service(name, start)


class Supervisor:
    """Keeps `services` running, in their order, until it is asked to stop.

    `run()` must be called from the main thread. A service that dies comes back after 1, 2, 4 … 30 s;
    one that dies `patience` times before `ready` is set ends everything with a LaunchError.
    """

    def __init__(
        self,
        services: Sequence[Service],
        log: LogBook,
        *,
        ready: threading.Event,
        patience: int = 3,
        grace: float = STOP_GRACE,
    ) -> None:
        self.services = list(services)
        self.log = log
        self.ready = ready
        self.patience = patience
        self.grace = grace
        self._requests = 0

    def run(self, while_running: Callable[[], None] = lambda: None) -> None:
        """Returns after an orderly stop asked for by SIGINT, SIGTERM or SIGHUP; a second SIGINT kills at once.

        `while_running` is called at every tick and may raise LaunchError to end everything.
        """
        for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wanted, self._request_stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            while not self._requests:
                for service in self.services:
                    self._tend(service)
                while_running()
                time.sleep(TICK)
            self.log.write("chenu", "stopping")
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends everything: a request in reverse order, the foundations last; force after `grace` seconds."""
        deadline = time.monotonic() + self.grace
        others = [service for service in reversed(self.services) if not service.foundation]
        self._end(others, deadline - self.grace * FOUNDATION_SHARE)
        self._end([service for service in reversed(self.services) if service.foundation], deadline)

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        # A SIGTERM that follows a Ctrl-C (a terminal closing) is the same wish, not more impatience.
        if number == signal.SIGINT or not self._requests:
            self._requests += 1

    def _tend(self, service: Service) -> None:
        now = time.monotonic()
        if service.running() or self._requests:
            return
        if service.process is not None:
            self._report_death(service, now)
        if service.due_at is not None and now >= service.due_at:
            self._start(service, now)

    def _start(self, service: Service, now: float) -> None:
        try:
            service.process = service.start()
            service.started_at, service.due_at = now, None
        except (LaunchError, OSError) as error:
            self.log.write("chenu", f"{service.name} cannot be started: {error}")
            self._postpone(service, now)

    def _report_death(self, service: Service, now: float) -> None:
        assert service.process
        status = service.process.poll()
        if now - service.started_at > SETTLED_AFTER:
            service.pause = 1
        how = f"was killed by signal {-status}" if status and status < 0 else f"ended with status {status}"
        service.process = None
        self._postpone(service, now, f"{service.name} {how}")

    def _postpone(self, service: Service, now: float, news: str = "") -> None:
        service.deaths += 1
        if service.deaths >= self.patience and not self.ready.is_set():
            raise LaunchError(f"{service.name} does not start, the reason is above and in {self.log.path}")
        seconds = "1 second" if service.pause == 1 else f"{service.pause} seconds"
        self.log.write("chenu", f"{news or service.name}: starting it again in {seconds}")
        service.due_at = now + service.pause
        service.pause = min(service.pause * 2, LONGEST_PAUSE)

    def _end(self, services: Sequence[Service], deadline: float) -> None:
        for service in services:
            if service.process:
                service.process.send_signal(service.stop_signal)
        while any(service.running() for service in services):
            if time.monotonic() > deadline or self._requests > 1:
                break
            time.sleep(TICK / 4)
        for service in services:
            if service.running():
                self.log.write("chenu", f"{service.name} did not end by itself: killed")
                self._kill(service)

    def _kill(self, service: Service) -> None:
        assert service.process
        for force in (service.kill_signal, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                # Its whole session: helpers of a process that hangs must not outlive it.
                os.killpg(service.process.pid, force)
                service.process.wait(1)
                return
