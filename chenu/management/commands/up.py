"""`manage.py up`: prepares the installation and becomes the supervisor (design 2.6)."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http.request import validate_host

from chenu.launch.checks import check_data_dir, check_port, reserve_port
from chenu.launch.errors import LaunchError
from chenu.launch.plan import Plan
from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres
from chenu.launch.terminal import give_back_foreground, take_foreground
from governance.isolation import roles

LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    help = "Starts CHE·NU: database, migrations, reference data, web and worker. Ctrl-C stops everything."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        terminal_group = take_foreground()
        signal.signal(signal.SIGTERM, _interrupt)
        database = EmbeddedPostgres(settings.POSTGRES_DIR) if settings.DATABASE_IS_EMBEDDED else None
        try:
            listener = _reserve_place()
            self._prepare(database)
            _plan(listener, database, terminal_group).follow()
        except (LaunchError, OperationalError, OSError) as error:
            self.stderr.write(f"CHE·NU cannot start: {_first_line(error)}", self.style.ERROR)
            sys.exit(1)
        except KeyboardInterrupt:
            self._say("stopped")
            sys.exit(0)
        finally:  # `follow` does not return: here something went wrong
            _close_connections()
            if database:
                database.stop()
            give_back_foreground(terminal_group)

    def _prepare(self, database: EmbeddedPostgres | None) -> None:
        if database:
            self._say("starting the database" if database.data.exists() else "making the database")
            database.start()
            roles.prepare(database.dsn(SUPERUSER, "postgres"), str(settings.DATABASES["default"]["NAME"]))
        else:
            _reach_server()
        if _has_migrations_to_apply():
            self._say("updating the database")
            call_command("migrate", verbosity=0)
        else:
            call_command("install_isolation")
        call_command("load_reference")
        self._collect_static()
        _close_connections()

    def _collect_static(self) -> None:
        """Copies the static files only when one of their sources changed since the last time."""
        record = settings.DATA_DIR / "static.fingerprint"
        fingerprint = _static_fingerprint()
        if settings.STATIC_ROOT.exists() and record.exists() and record.read_text() == fingerprint:
            return
        self._say("collecting the static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        record.write_text(fingerprint)

    def _say(self, text: str) -> None:
        self.stdout.write(f"chenu     | {text}")
        self.stdout.flush()


def _reserve_place() -> socket.socket:
    """Checks folder and ports; the listening socket of the web process."""
    check_data_dir(settings.DATA_DIR)
    listener = reserve_port(settings.HOST, settings.PORT)
    if settings.DEMO_MODE:
        check_port(LOOPBACK, settings.SIMULATOR_PORT, variable="CHENU_SIMULATOR_PORT")
    return listener


def _reach_server() -> None:
    """One attempt without the pool, which would repeat it for ten seconds and report each failure."""
    server = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    parameters: dict[str, Any] = {name: server.get(key) or None for name, key in names.items()}
    try:
        psycopg.connect(**parameters, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise LaunchError(f"the server of DATABASE_URL does not let us in: {_first_line(error)}") from error


def _close_connections() -> None:
    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()


def _has_migrations_to_apply() -> bool:
    # As the owner: after an interrupted first start nobody else may read the list yet.
    with roles.as_owner():
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _static_fingerprint() -> str:
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = os.stat(storage.path(name))
            digest.update(f"{storage.path(name)}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _plan(listener: socket.socket, database: EmbeddedPostgres | None, terminal_group: int | None) -> Plan:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return Plan(
        commands=_commands(listener.fileno()),
        directory=str(settings.BASE_DIR),
        log=str(settings.DATA_DIR / "logs" / "chenu.log"),
        listener=listener.fileno(),
        probe=f"{address}/readyz",
        probe_headers=_probe_headers(host),
        address=settings.PUBLIC_URL or address,
        notes=_notes(),
        database=database.handover() if database else None,
        terminal_group=terminal_group,
    )


def _probe_headers(host: str) -> dict[str, str]:
    """The probe names a host the web process answers to; with a public address it must look like https, too."""
    if settings.PUBLIC_URL:
        return {"Host": urlsplit(settings.PUBLIC_URL).netloc, "X-Forwarded-Proto": "https"}
    return {} if validate_host(host, settings.ALLOWED_HOSTS) else {"Host": settings.ALLOWED_HOSTS[0].lstrip(".")}


def _commands(listener: int) -> dict[str, list[str]]:
    python, manage = sys.executable, str(Path(settings.BASE_DIR) / "manage.py")
    commands = {}
    if settings.DEMO_MODE:
        commands["simulator"] = [python, "-m", "agents.simulator", "--port", str(settings.SIMULATOR_PORT)]
    web = "--lifespan off --log-level warning --no-access-log --no-server-header --no-proxy-headers"
    web += " --timeout-graceful-shutdown 3 --ws-per-message-deflate false"
    commands["web"] = [python, "-m", "uvicorn", "chenu.asgi:application", "--fd", str(listener), *web.split()]
    if "worker" in get_commands():
        commands["worker"] = [python, manage, "worker"]
    return commands


def _notes() -> list[str]:
    if not settings.DEMO_MODE:
        return []
    return ["Demo mode: answers are simulated. For real ones put ANTHROPIC_API_KEY=… into .env and start again."]


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
