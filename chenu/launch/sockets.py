"""Where the embedded database listens (design 2.4): beside its data, or in a short folder."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from chenu.launch.errors import LaunchError

SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the final zero included.
LONGEST_SOCKET_PATH = 100


def socket_dir_for(root: Path) -> Path:
    """The socket folder of the database kept in `root`: `root` itself, unless its path is too long or has a comma.

    Pure: reads only `XDG_RUNTIME_DIR`, the temporary directory and the user id, creates nothing.
    """
    root = Path(os.path.abspath(root))
    if _fits(root):
        return root
    name = f"chenu-{os.getuid()}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"
    candidates = [Path(tempfile.gettempdir()) / name, Path("/tmp") / name]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        candidates.insert(0, Path(runtime) / name)
    return next(folder for folder in candidates if folder.is_absolute() and _fits(folder))


def make_socket_dir(folder: Path) -> None:
    """Creates `folder` with mode 0700; raises LaunchError when somebody else owns that name."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in _trusted_owners():
            raise LaunchError(f"{folder} belongs to somebody else: remove it or shorten CHENU_DATA_DIR") from None
        folder.chmod(0o700)
    except OSError as error:
        raise LaunchError(f"{folder} cannot be created for the database socket: {error.strerror}") from error


def _trusted_owners() -> set[int]:
    # A start as root may have left the folder to the unprivileged account (see `account`).
    return {os.getuid(), 65534} if os.getuid() == 0 else {os.getuid()}


def _fits(folder: Path) -> bool:
    # Clients read a comma in a host as a list of hosts.
    return len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH and "," not in str(folder)
