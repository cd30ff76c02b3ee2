"""Runs a command that cannot outlive its parent. Used as a script, with the standard library only.

    python -I -S tether.py <parent pid> <signal> [--private | --user <uid>] -- <command> …

The command gets `<signal>` from the kernel when the parent dies, however it dies (Linux; elsewhere
only an orderly stop ends it). `--private` puts it into a user namespace as an ordinary user,
`--user` makes it that user: PostgreSQL refuses to run as root. Exit status 97: not permitted.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

NOT_PERMITTED = 97
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
PRIVATE_ID = 1000


def main(arguments: list[str]) -> None:
    """Ties this process to its parent, then becomes the command."""
    split = arguments.index("--")
    parent, death_signal, *account = arguments[:split]
    command = arguments[split + 1 :]
    try:
        _change_account(account)
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        sys.exit(NOT_PERMITTED)
    # After the account: a change of credentials clears the parent-death signal.
    _follow(int(parent), int(death_signal))
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(NOT_PERMITTED)


def _change_account(account: list[str]) -> None:
    if account == ["--private"]:
        _enter_user_namespace()
    elif account:
        uid = int(account[1])
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    own = Path("/proc/self")
    # The kernel lets a process map its own group only after it gave up setgroups.
    (own / "setgroups").write_text("deny")
    (own / "gid_map").write_text(f"{PRIVATE_ID} {gid} 1")
    (own / "uid_map").write_text(f"{PRIVATE_ID} {uid} 1")


def _follow(parent: int, death_signal: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the line above: nobody is left to send the signal.
        sys.exit(NOT_PERMITTED)


if __name__ == "__main__":
    main(sys.argv[1:])
