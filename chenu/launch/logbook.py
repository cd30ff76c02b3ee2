"""One log for all processes: aligned prefixes on the terminal, the same lines with their time in a file."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import IO

FILE_LIMIT = 10 * 1024 * 1024
FILES_KEPT = 3
LINE_LIMIT = 64 * 1024


class LogBook:
    """Writes lines as `web       | …`. A terminal that went away or a full disk never stops the processes."""

    def __init__(self, path: Path, *, terminal: IO[str] | None = None, limit: int = FILE_LIMIT, width: int = 9) -> None:
        self.path = path
        self.limit = limit
        self.width = width
        self.terminal: IO[str] | None = terminal or sys.stdout
        self._file: FileIO | None = None
        self._guard = threading.Lock()
        self._file_failed = False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, name: str, line: str) -> None:
        """Adds one line of the process `name` to terminal and file."""
        text = f"{name:<{self.width}} | {line.rstrip()}\n"
        self._add(text, text)

    def announce(self, line: str, shown: str) -> None:
        """Adds a line of our own to the file; the terminal gets `shown`, which may have colours and more lines."""
        self._add(f"{'chenu':<{self.width}} | {line}\n", f"{shown}\n")

    def _add(self, kept: str, shown: str) -> None:
        with self._guard:
            self._keep(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z {kept}".encode(errors="replace"))
            self._show(shown)

    def follow(self, name: str, stream: IO[bytes]) -> threading.Thread:
        """Copies everything `stream` says, line by line, until it ends."""
        thread = threading.Thread(target=self._copy, args=(name, stream), name=f"log of {name}", daemon=True)
        thread.start()
        return thread

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(LINE_LIMIT):
                self.write(name, line.decode(errors="replace"))

    def _show(self, text: str) -> None:
        if self.terminal is None:
            return
        try:
            self.terminal.write(text)
            self.terminal.flush()
        except UnicodeEncodeError:
            self.terminal.write(text.encode("ascii", "replace").decode())
        except (OSError, ValueError):
            self.terminal = None

    def _keep(self, entry: bytes) -> None:
        try:
            file = self._file or self._open()
            if file.tell() and file.tell() + len(entry) > self.limit:
                self._rotate()
                file = self._open()
            file.write(entry)
            self._file_failed = False
        except OSError as error:
            if not self._file_failed:
                self._show(f"{'chenu':<{self.width}} | {self.path} cannot be written: {error.strerror}\n")
            self._file_failed = True

    def _open(self) -> FileIO:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Unbuffered: what a process said last is what matters after a crash.
        self._file = FileIO(descriptor, "a")
        return self._file

    def _rotate(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
        for number in range(FILES_KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
