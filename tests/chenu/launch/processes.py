"""Running small programs as real processes and watching what becomes of them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def run_python(program: str, *arguments: object, flags: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """A Python process that runs `program` with this repository on its path."""
    return subprocess.Popen(
        [sys.executable, *flags, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[bytes], wanted: str, seconds: float = 20) -> list[str]:
    """The lines `process` says up to the first one that contains `wanted`."""
    assert process.stdout
    lines: list[str] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        line = process.stdout.readline()
        if not line:
            break
        lines.append(line.decode().rstrip("\n"))
        if wanted in lines[-1]:
            return lines
    raise AssertionError(f"{wanted!r} was never said, only: {lines}")


def everything_said(process: subprocess.Popen[bytes], seconds: float = 20) -> list[str]:
    """The lines `process` says until it ends."""
    return process.communicate(timeout=seconds)[0].decode().splitlines()


def alive(process: int) -> bool:
    """True while `process` runs; one that ended but was not collected yet is not alive."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(question: Callable[[], bool], seconds: float = 10) -> bool:
    """True as soon as `question` answers True, False when it never does within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.02)
    return False
