"""A private redis-server: on a free port, with a folder of its own, gone with who started it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAM = shutil.which("redis-server")
WITHIN = 10  # seconds
DATABASES = 64


class RedisServer:
    """`start()` it, `kill()` it as `kill -9`, `start()` it again at the same address: it remembers nothing."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.folder, self.options = folder, options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> RedisServer:
        assert PROGRAM, "redis-server is not installed (Debian: apt install redis-server)"
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        command += ["--databases", str(DATABASES), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + WITHIN
        while True:
            with socket.socket() as visitor:
                if not visitor.connect_ex(("127.0.0.1", self.port)):
                    return self
            assert self.process.poll() is None, "redis-server does not start"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def pause(self) -> None:
        """It answers nobody, and refuses nobody either."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(WITHIN)
            self.process = None
