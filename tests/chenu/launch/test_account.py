"""As whom the embedded server runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from chenu.launch.postgres import EmbeddedPostgres
from tests.chenu.launch.processes import REPOSITORY
from tests.chenu.launch.servers import ONE_START, as_root

# Runs a command as root of a namespace that has all users but may not make namespaces of its own.
FORBIDDEN = """
import ctypes, os, sys
from pathlib import Path
ready, mapped = os.pipe(), os.pipe()
child = os.fork()
if child:
    os.read(ready[0], 1)
    for kind in ("uid", "gid"):
        Path(f"/proc/{child}/{kind}_map").write_text("0 0 65536")
    os.write(mapped[1], b"x")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert ctypes.CDLL(None).unshare(0x10000000) == 0
os.write(ready[1], b"x")
os.read(mapped[0], 1)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
os.execv(sys.argv[1], sys.argv[1:])
"""


@as_root
def test_root_runs_it_without_giving_files_away(database: EmbeddedPostgres) -> None:
    assert database.process
    status = Path(f"/proc/{database.process.pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert database.data.stat().st_uid == 0


def without_user_namespaces(root: Path) -> str:
    """What a start says where, as in many containers, user namespaces are forbidden."""
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, sys.executable, "-c", ONE_START, root],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@as_root
def test_root_without_user_namespaces_runs_it_as_nobody(open_folder: Path) -> None:
    assert without_user_namespaces(open_folder / "postgres") == "running as 65534 True"
    assert (open_folder / "postgres").stat().st_uid == 65534
    with EmbeddedPostgres(open_folder / "postgres", durable=False) as database:
        assert database.data.stat().st_uid == 0
    assert without_user_namespaces(open_folder / "postgres") == "running as 65534 True"


@as_root
def test_root_without_any_other_account_is_one_line_that_names_the_closed_folder(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    said = without_user_namespaces(closed / "postgres")
    assert said.startswith("LaunchError: PostgreSQL does not run as root")
    assert f"because {closed} is closed to others" in said
    assert "\n" not in said


@as_root
def test_an_ordinary_user_runs_it_directly(open_folder: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    packages = Path(psycopg.__file__).parents[1]
    if not python or subprocess.run([python, "-c", "from typing import Self"], capture_output=True).returncode:
        pytest.skip("no Python ≥ 3.11 that every user may run")
    os.chown(open_folder, 65534, 65534)
    done = subprocess.run(
        [python, "-c", ONE_START, open_folder / "postgres"],
        env={"PYTHONPATH": f"{REPOSITORY}:{packages}"},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "running as 65534 True", done.stderr
