"""The ground of every benchmark: a whole installation in a throw-away folder, with a durable database.

`with ground() as here:` starts it; Django may be imported from then on. Nothing outside the folder is
touched, whatever the environment or `.env` say. With `CHENU_BENCH_BORROWED=1` the installation that
CHENU_DATA_DIR and DATABASE_URL name is used instead (the tests do so: what is made there stays).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from chenu.launch.account import tethered
from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
BORROWED = "CHENU_BENCH_BORROWED"
# Emptied: an installation's own settings must not reach a benchmark.
FOREIGN = (
    "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "ANTHROPIC_API_KEY", "CHENU_PUBLIC_URL",
    "CHENU_ANTHROPIC_BASE_URL", "CHENU_DEBUG", "CHENU_ALLOWED_HOSTS",
)  # fmt: skip
STOPS_WITHIN = 10  # seconds


class Process:
    """A process of the installation; it dies with this one. `log` is the file it writes to."""

    def __init__(self, arguments: list[str], log: Path, **more: Any) -> None:
        self.log, self.log_from = log, log.stat().st_size if log.exists() else 0
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                tethered([sys.executable, *arguments], signal.SIGKILL),
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, **more,
            )  # fmt: skip

    def kill(self) -> None:
        """As `kill -9`."""
        self.process.kill()
        self.process.wait(STOPS_WITHIN)

    def stop(self) -> None:
        """An orderly end; the hard one when it takes too long."""
        self.process.terminate()
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def written(self) -> str:
        with open(self.log, "rb") as file:
            file.seek(self.log_from)
            return file.read().decode(errors="replace")


@dataclass
class Ground:
    """A prepared installation: its folder, its database server and the processes started on it."""

    folder: Path
    server: EmbeddedPostgres
    stack: ExitStack = field(default_factory=ExitStack)

    def process(self, name: str, arguments: list[str], **more: Any) -> Process:
        """Starts `python ARGUMENTS`, to be ended with the ground."""
        logs = self.folder / "bench-logs"
        logs.mkdir(exist_ok=True)
        running = Process(arguments, logs / f"{name}.log", **more)
        self.stack.callback(running.stop)
        return running

    def simulator(self) -> None:
        """The provider's simulator, where the settings expect it; without any latency."""
        from django.conf import settings

        running = self.process("simulator", ["-m", "agents.simulator", "--port", str(settings.SIMULATOR_PORT)])
        eventually(lambda: "listening on" in running.written(), "the simulator listens", running)

    def worker(self) -> Process:
        """A worker process that is at work."""
        from governance.models import WorkerBeat

        known = set(WorkerBeat.objects.values_list("pk", flat=True))
        running = self.process("worker", ["manage.py", "worker"])
        eventually(lambda: WorkerBeat.objects.exclude(pk__in=known).exists(), "the worker works", running)
        return running

    def web(self) -> str:
        """The web process as `manage.py up` starts it; its address."""
        from chenu.starting import commands

        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = commands(listener.fileno())["web"][1:]
            running = self.process("web", command, pass_fds=[listener.fileno()])
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        eventually(lambda: answers(f"{address}/healthz"), "the web process answers", running)
        return address

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """The server's superuser in the installation's database; each statement commits."""
        from django.db import connection

        name = connection.settings_dict["NAME"]
        parameters = f"host={self.server.socket_dir} user={SUPERUSER} dbname={name}"
        with psycopg.connect(parameters, autocommit=True) as admin:
            yield admin

    @contextmanager
    def bare_table(self) -> Iterator[str]:
        """A plain table that the application's role may fill: what the bare baselines write to."""
        with self.superuser() as admin:
            admin.execute("DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench")
            admin.execute(
                "CREATE TABLE bench.bare (id uuid PRIMARY KEY, owner uuid, at timestamptz DEFAULT now(), body text, "
                "room integer)"
            )
            admin.execute("GRANT USAGE ON SCHEMA bench TO chenu_app; GRANT ALL ON bench.bare TO chenu_app")
        try:
            yield "bench.bare"
        finally:
            with self.superuser() as admin:
                admin.execute("DROP SCHEMA bench CASCADE")


@contextmanager
def ground(*, durable: bool = True) -> Iterator[Ground]:
    """A migrated installation, and Django set up for this process."""
    borrowed = bool(os.environ.get(BORROWED))
    folder = Path(os.environ["CHENU_DATA_DIR"] if borrowed else tempfile.mkdtemp(prefix="chenu-bench-"))
    server = EmbeddedPostgres(folder / "postgres", durable=durable)
    if borrowed:
        os.environ["CHENU_SIMULATOR_PORT"] = str(free_port())
    else:
        settle_environment(folder)
    here = Ground(folder, server)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # clean up then, too
    try:
        if not borrowed:
            server.start()
        prepare(server, migrate=not borrowed)
        with here.stack:
            yield here
    finally:
        _close_connections()
        if not borrowed:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


def settle_environment(folder: Path) -> None:
    """The environment of this process and its children: this folder, free ports, nobody's settings."""
    os.environ.update(dict.fromkeys(FOREIGN, ""))
    os.environ.update(
        CHENU_DATA_DIR=str(folder),
        CHENU_DEMO="1",
        CHENU_SIGNUP="open",
        CHENU_PORT=str(free_port()),
        CHENU_SIMULATOR_PORT=str(free_port()),
        CHENU_MONTHLY_USD_CAP="1000000",
        CHENU_LOG_LEVEL="ERROR",
        CHENU_LIMITS_SCALE="1000",
    )
    for name in ("CHENU_PUBLIC_URL", "CHENU_DEBUG", "CHENU_ALLOWED_HOSTS"):
        del os.environ[name]


def prepare(server: EmbeddedPostgres, *, migrate: bool) -> None:
    """Sets Django up; makes roles, tables and reference data."""
    setup_django()
    from django.conf import settings
    from django.core.management import call_command

    from governance.isolation import roles

    if migrate:
        roles.prepare(server.dsn(SUPERUSER, "postgres"), str(settings.DATABASES["default"]["NAME"]))
        call_command("migrate", verbosity=0)
        call_command("load_reference")
        call_command("collectstatic", interactive=False, verbosity=0)


def setup_django() -> None:
    """Also the start of every process that a benchmark spawns."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
    import django

    django.setup()


def eventually(what: Callable[[], Any], sentence: str, running: Process | None = None, within: float = 90) -> Any:
    """The first true value of `what()`. Raises RuntimeError when it does not come, or its process ends."""
    deadline = time.monotonic() + within
    while not (value := what()):
        ended = running is not None and running.process.poll() is not None
        if ended or time.monotonic() > deadline:
            told = running.written()[-2000:] if running else ""
            raise RuntimeError(f"not true within {within:.0f} s: {sentence}. {told}")
        time.sleep(0.01)
    return value


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _close_connections() -> None:
    from django.db import connections

    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
