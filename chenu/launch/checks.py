"""What must be true before anything starts; each finding is one line (LaunchError)."""

from __future__ import annotations

import errno
import shutil
import socket
import tempfile
from pathlib import Path

from chenu.launch.errors import LaunchError

NEEDED_BYTES = 200 * 1024 * 1024
BACKLOG = 2048


def check_data_dir(folder: Path) -> None:
    """Makes the data folder where it is missing; it must be writable and not nearly full."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"writable")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise LaunchError(f"the disk that holds {folder} is full") from error
        raise LaunchError(
            f"the data folder {folder} is not writable ({error.strerror}): change its owner or set CHENU_DATA_DIR"
        ) from error
    check_disk(folder)


def check_disk(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """The disk of `folder` must have `needed` bytes left."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise LaunchError(
            f"the disk that holds {folder} is nearly full: {free // 2**20} MB free, {needed // 2**20} MB needed"
        )


def reserve_port(
    host: str, port: int, *, host_variable: str = "CHENU_HOST", variable: str = "CHENU_PORT"
) -> socket.socket:
    """A listening socket on `host`:`port`; the error names the variable to change.

    The socket, not the number, is handed to the web process: no other program can slip in between,
    and while that process is restarted its visitors wait instead of being refused.
    """
    if not 0 <= port <= 65535:
        raise LaunchError(f"{variable}: {port} is not a port number (0 to 65535)")
    try:
        family, address = _resolve(host, port)
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except (socket.gaierror, UnicodeError) as error:
        raise LaunchError(f"{host_variable}: “{host}” is not an address of this machine") from error
    except OSError as error:
        raise LaunchError(_port_problem(error, host, port, host_variable, variable)) from error


def check_port(host: str, port: int, *, variable: str) -> None:
    """`port` must be free; it is released again."""
    reserve_port(host, port, variable=variable).close()


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # "localhost" is both: people and scripts expect the IPv4 one.
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), port)


def _port_problem(error: OSError, host: str, port: int, host_variable: str, variable: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is already in use: stop that program, or set {variable} to another number"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} is reserved for the system: set {variable} to a number above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host_variable}: “{host}” is not an address of this machine"
    return f"port {port} on {host} cannot be used ({error.strerror}): see {variable}"
