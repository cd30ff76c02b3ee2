"""The outside record: a file that only grows, where no power over the database reaches. Knows no Django model.

What it states the database must hold. A record that is ahead means that the database went back: somebody put an
older copy in its place.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from governance.audit.signing.lines import Line, read

LONGEST_LINE = 4096


class RecordProblem(Exception):
    """The outside record and the database contradict each other; the message is one line a person can act on."""


class OutsideRecord:
    """The file of lines. Every writer holds its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> Iterator[Line]:
        """All lines, from the first. Raises BadLine."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for text in file:
                yield read(text.rstrip(b"\n"))

    def last(self) -> Line | None:
        """The last line, without reading the others; None when there is no file or no line."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * LONGEST_LINE))
                texts = file.read().splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordProblem(f"{self.path} cannot be read: {error.strerror}") from error
        return read(texts[-1]) if texts else None

    @contextmanager
    def growing(self) -> Iterator[IO[bytes]]:
        """The file, locked, to append to; on the disk when the block ends."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RecordProblem(f"{self.path} cannot be written: {error.strerror}") from error


def contradiction(outside: Line | None, inside: Line | None, inside_there: bytes | None) -> str:
    """Why the database (its last line, and its line of the outside's last number) does not follow the record; or ''.

    A record that is behind, or gone, is no contradiction: the database holds every line and brings it up again.
    """
    if outside is None or inside_there == outside.text:
        return ""
    have = inside.number if inside else 0
    if have >= outside.number:
        return f"the outside record of the log and the database differ at line {outside.number}"
    return (
        f"the outside record of the log is ahead of the database (line {outside.number} against {have}): "
        "an older copy of the database was put in its place"
    )
