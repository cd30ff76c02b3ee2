"""The embedded PostgreSQL (design 2.4): own data folder, socket only, gone when its parent is gone."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from chenu.launch import postmaster
from chenu.launch.account import binaries, database_account, tethered
from chenu.launch.errors import LaunchError
from chenu.launch.processes import Inherited, Process
from chenu.launch.sockets import SOCKET_NAME, make_socket_dir, socket_dir_for

__all__ = ["EmbeddedPostgres", "LaunchError", "socket_dir_for"]

SUPERUSER = "chenu"
MAJOR_VERSION = "18"
LOG_LIMIT = 10 * 1024 * 1024
# Seconds for an owner that was just killed to be really gone.
KILLED_OWNER_GRACE = 0.5
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and row values are people's data: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_HASTY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedPostgres:
    """One PostgreSQL server and its folder `root` (`data/`, `log`, the socket when the path is short enough).

    `durable=False` trades safety against a power cut for speed: tests only. Start it from a thread that
    lives as long as the process: the server shuts down when that thread ends. Every expected failure
    is a LaunchError.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = Path(os.path.abspath(root))
        self.data = self.root / "data"
        self.log = self.root / "log"
        self.durable = durable
        self.process: Process | None = None
        self.lock: int | None = None
        self._log_offset = 0

    @property
    def socket_dir(self) -> Path:
        """The folder of the Unix socket: the `host` of every connection."""
        return socket_dir_for(self.root)

    def dsn(self, user: str, database: str) -> str:
        """The connection URL for `user` on `database`."""
        who, where, host = (quote(part, safe="") for part in (user, database, str(self.socket_dir)))
        return f"postgresql://{who}@/{where}?host={host}"

    def start(self, timeout: float = 60) -> None:
        """Starts the server, making its cluster the first time, and returns when it accepts connections."""
        deadline = time.monotonic() + timeout
        while True:
            self.launch()
            try:
                return self._wait_until_ready(deadline)
            except _StillInUse as error:
                # Backends of a killed server need a moment to notice.
                if time.monotonic() > deadline:
                    raise LaunchError(str(error)) from error
                time.sleep(0.2)

    def launch(self) -> Process:
        """Starts the server like `start()` but does not wait for it; also brings a dead one back."""
        try:
            self._prepare()
            account = database_account(self.root)
            if account[:1] == ["--user"]:
                os.chown(self.socket_dir, int(account[1]), int(account[1]))
            if not self.data.exists():
                self._make_cluster(account)
            self._check_version()
            self._open_server(account)
        except OSError as error:
            self._unlock()
            raise LaunchError(self._explain(error)) from error
        except LaunchError:
            self._unlock()
            raise
        assert self.process
        return self.process

    def stop(self, timeout: float = 8) -> None:
        """Shuts the server down cleanly; after `timeout` seconds at once (nothing committed is lost)."""
        if self.process and self.process.poll() is None:
            for request, patience in ((signal.SIGINT, timeout), (signal.SIGQUIT, 1.5), (signal.SIGKILL, None)):
                self.process.send_signal(request)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
                    break
        self.process = None
        self._unlock()
        if self.socket_dir != self.root:
            with contextlib.suppress(OSError):  # not ours alone, or not there: leaving it is harmless
                self.socket_dir.rmdir()

    def handover(self) -> dict[str, object]:
        """What the program that replaces this one (`exec`) needs to `adopt` the running server."""
        assert self.process
        assert self.lock is not None
        os.set_inheritable(self.lock, True)
        return {"root": str(self.root), "durable": self.durable, "process": self.process.pid, "lock": self.lock}

    @classmethod
    def adopt(cls, record: dict[str, Any]) -> Self:
        """The server that `handover` described, in the same process after `exec`."""
        server = cls(Path(record["root"]), durable=record["durable"])
        server.process = Inherited(record["process"])
        server.lock = record["lock"]
        os.set_inheritable(record["lock"], False)
        return server

    def running(self) -> bool:
        """True when a server, ours or another process's, answers on the socket of this folder."""
        if not postmaster.is_ready(self.data):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket_dir / SOCKET_NAME)) == 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self._lock()
        self._wait_for_predecessor()
        make_socket_dir(self.socket_dir)
        for pid_file in (self.data / "postmaster.pid", self.socket_dir / f"{SOCKET_NAME}.lock"):
            postmaster.forget_stale(pid_file, self.data)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name("log.1"))

    def _lock(self) -> None:
        # Held by the process that started the server: it tells a live owner from a crash.
        if self.lock is not None:
            return
        lock = os.open(self.root / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked_within(lock, KILLED_OWNER_GRACE):
            owner = os.read(lock, 20).decode() or "another process"
            os.close(lock)
            raise LaunchError(
                f"the database in {self.root} is already running (started by process {owner}): "
                "stop that copy, or choose another CHENU_DATA_DIR"
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        self.lock = lock

    def _unlock(self) -> None:
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _wait_for_predecessor(self, patience: float = 15) -> None:
        """Lets the server of a killed owner finish its shutdown."""
        deadline = time.monotonic() + patience
        while (found := postmaster.recorded_process(self.data / "postmaster.pid")) is not None:
            if not postmaster.is_serving(found, self.data):
                return
            if time.monotonic() > deadline:
                raise LaunchError(f"the database in {self.root} is already running (process {found}): stop it first")
            time.sleep(0.02)

    def _make_cluster(self, account: list[str]) -> None:
        """Builds the cluster beside its place, so that an interrupted first start leaves nothing half made."""
        draft = self.root / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        command = [str(binaries() / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8"]
        command += ["--auth-local=trust", "--auth-host=reject", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [] if self.durable else ["--no-sync"]
        with self._appending() as log:
            done = subprocess.run(
                tethered(command, signal.SIGKILL, account),
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                check=False,
            )
        if done.returncode != 0:
            raise self._failure()
        draft.rename(self.data)

    def _check_version(self) -> None:
        found = postmaster.stored_version(self.data)
        if found != MAJOR_VERSION:
            raise LaunchError(
                f"{self.data} was written by PostgreSQL {found}, this CHE·NU runs PostgreSQL {MAJOR_VERSION}: "
                "move the folder away and restore a backup"
            )

    def _open_server(self, account: list[str]) -> None:
        settings = _SETTINGS | ({} if self.durable else _HASTY_SETTINGS)
        # A list of folders: quotes keep a path with spaces whole.
        settings["unix_socket_directories"] = '"' + str(self.socket_dir).replace('"', '""') + '"'
        command = [str(binaries() / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._appending() as log:
            self.process = subprocess.Popen(
                tethered(command, signal.SIGINT, account),
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @contextlib.contextmanager
    def _appending(self) -> Iterator[int]:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._log_offset = os.lseek(descriptor, 0, os.SEEK_END)
            yield descriptor
        finally:
            os.close(descriptor)

    def _wait_until_ready(self, deadline: float) -> None:
        assert self.process
        while not postmaster.is_ready(self.data, self.process.pid):
            if self.process.poll() is not None:
                raise self._failure()
            if time.monotonic() > deadline:
                self.stop()
                raise LaunchError(f"the database in {self.root} did not become ready in time (see {self.log})")
            time.sleep(0.01)

    def _failure(self) -> LaunchError:
        reason = postmaster.complaint(self.log, self._log_offset)
        if "shared memory block" in reason:
            return _StillInUse(f"processes of an earlier database still use {self.root}: {reason}")
        self._unlock()
        if "No space left on device" in reason:
            return LaunchError(f"the database cannot start: the disk that holds {self.root} is full")
        return LaunchError(f"the database cannot start: {reason or 'no reason given'} (see {self.log})")

    def _explain(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"the database cannot start: the disk that holds {self.root} is full"
        where = error.filename or self.root
        return f"the database folder cannot be used: {where}: {error.strerror}"


def _locked_within(lock: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True


class _StillInUse(LaunchError):
    """Backends of the previous server have not ended yet."""
