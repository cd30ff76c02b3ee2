"""Reads what PostgreSQL leaves in its data folder: who runs there, how far it is, which version."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# postmaster.pid, as pg_ctl reads it: the process on line 1, its state on line 8.
_PID_LINE, _STATE_LINE = 0, 7


def recorded_process(pid_file: Path) -> int | None:
    """The process named in `pid_file`, None when there is none."""
    lines = _lines(pid_file)
    return int(lines[_PID_LINE]) if lines and lines[_PID_LINE].strip().isdigit() else None


def is_ready(data: Path, process: int | None = None) -> bool:
    """True when the server in `data` accepts connections (and is `process`, when given)."""
    lines = _lines(data / "postmaster.pid")
    if len(lines) <= _STATE_LINE or lines[_STATE_LINE].strip() != "ready":
        return False
    return process is None or lines[_PID_LINE].strip() == str(process)


def is_serving(process: int, data: Path) -> bool:
    """True when `process` is alive and is (or may be) the server of `data`, not a later owner of its number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, somebody else's: the folder below decides
    if sys.platform != "linux":
        return True
    try:
        # A server's working directory is its data folder.
        return os.path.samefile(f"/proc/{process}/cwd", data)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def forget_stale(pid_file: Path, data: Path) -> None:
    """Removes `pid_file` when its number now belongs to an unrelated process: PostgreSQL would refuse to start.

    That happens after a crash followed by a reboot, and at every restart of a container.
    """
    process = recorded_process(pid_file)
    if process is not None and not is_serving(process, data):
        pid_file.unlink(missing_ok=True)


def stored_version(data: Path) -> str:
    """The major version that wrote `data`."""
    return (data / "PG_VERSION").read_text().strip()


def complaint(log: Path, offset: int) -> str:
    """The reason PostgreSQL gave in `log` after byte `offset`, as one line; empty when it gave none."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            text = file.read(100_000).decode(errors="replace")
    except OSError:
        return ""
    found = re.findall(r"(?:FATAL|PANIC|initdb: error|ERROR|postgres: could not[^\n]*?):\s+(.*)", text)
    return found[0].strip() if found else (text.strip().splitlines() or [""])[-1]


def _lines(pid_file: Path) -> list[str]:
    try:
        return pid_file.read_text().splitlines()
    except OSError:
        return []
