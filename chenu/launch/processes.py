"""Child processes as the supervisor sees them, whether it started them or inherited them over `exec`."""

from __future__ import annotations

import os
import subprocess
import time
from typing import Protocol


class Process(Protocol):
    """The part of `subprocess.Popen` that watching and stopping need."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status (negative: the signal), None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end; raises subprocess.TimeoutExpired after `timeout` seconds."""

    def send_signal(self, sig: int) -> None:
        """Sends `sig` unless the process has ended."""


class Inherited:
    """A child that the program running in this process before `exec` had started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                found, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                # Ended and collected by somebody else: how is unknown, that it ended is certain.
                self.returncode = -1
            else:
                if found:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.01)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)
