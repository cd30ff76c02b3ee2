"""The start of CHE·NU (design 2.6): prepares the installation and becomes the supervisor.

Django's applications take most of a start to load, and are needed only when there is something to prepare.
"""

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

from chenu import prepared
from chenu.launch.checks import check_data_dir, check_port, reserve_port
from chenu.launch.errors import LaunchError
from chenu.launch.plan import Plan
from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres
from chenu.launch.terminal import give_back_foreground, take_foreground
from chenu.reaching import reach_redis

LOOPBACK = "127.0.0.1"
RED, PLAIN = "\033[31;1m", "\033[0m"


def start() -> NoReturn:
    """Starts everything and follows it; ends the process with status 1 when something is in the way."""
    terminal_group = take_foreground()
    signal.signal(signal.SIGTERM, _interrupt)
    database = EmbeddedPostgres(settings.POSTGRES_DIR) if settings.DATABASE_IS_EMBEDDED else None
    try:
        listener = _reserve_place()
        if settings.REDIS_URL:
            reach_redis(settings.REDIS_URL)
        _prepare(database)
        _refuse_what_went_back(database)
        _plan(listener, database, terminal_group).follow()
    except (LaunchError, OSError, psycopg.OperationalError) as error:
        text = f"CHE·NU cannot start: {_first_line(error)}"
        shown = f"{RED}{text}{PLAIN}" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else text
        sys.stderr.write(f"{shown}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(0)
    finally:  # `follow` does not return: here something went wrong
        if database:
            database.stop()
        give_back_foreground(terminal_group)


def _prepare(database: EmbeddedPostgres | None) -> None:
    """Brings the installation up to date; nearly nothing when it is."""
    if database is None:
        _reach_server()
        return _prepare_with_django(None)
    _say("starting the database" if database.data.exists() else "making the database")
    database.start()
    made_from = prepared.sources(settings.BASE_DIR)
    admin_dsn = database.dsn(SUPERUSER, str(settings.DATABASES["default"]["NAME"]))
    if (settings.STATIC_ROOT / "staticfiles.json").exists() and prepared.is_prepared(admin_dsn, made_from):
        return
    _prepare_with_django(database.dsn(SUPERUSER, "postgres"))
    prepared.record(admin_dsn, made_from)


def _prepare_with_django(admin_dsn: str | None) -> None:
    """Roles (where `admin_dsn` may make them), migrations, walls, reference data and static files."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import OperationalError

    from governance.isolation import roles

    try:
        if admin_dsn:
            roles.prepare(admin_dsn, str(settings.DATABASES["default"]["NAME"]))
        if _has_migrations_to_apply():
            _say("updating the database")
            call_command("migrate", verbosity=0)
        else:
            call_command("install_isolation")
        call_command("load_reference")
        _collect_static()
    except OperationalError as error:
        raise LaunchError(_first_line(error)) from error
    finally:
        _close_connections()


def _has_migrations_to_apply() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from governance.isolation import roles

    # As the owner: after an interrupted first start nobody else may read the list yet.
    with roles.as_owner():
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _collect_static() -> None:
    """Copies the static files only when one of their sources changed since the last time."""
    from django.core.management import call_command

    record = settings.DATA_DIR / "static.fingerprint"
    fingerprint = _static_fingerprint()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists() and record.exists() and record.read_text() == fingerprint:
        return
    _say("collecting the static files")
    call_command("collectstatic", interactive=False, verbosity=0)
    record.write_text(fingerprint)


def _static_fingerprint() -> str:
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = os.stat(storage.path(name))
            digest.update(f"{storage.path(name)}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _close_connections() -> None:
    from django.db import connections

    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()


def _reserve_place() -> socket.socket:
    """Checks folder and ports; the listening socket of the web process."""
    check_data_dir(settings.DATA_DIR)
    listener = reserve_port(settings.HOST, settings.PORT)
    if settings.DEMO_MODE:
        check_port(LOOPBACK, settings.SIMULATOR_PORT, variable="CHENU_SIMULATOR_PORT")
    return listener


def _reach_server() -> None:
    """One attempt without the pool, which would repeat it for ten seconds and report each failure."""
    try:
        psycopg.connect(**_server(), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise LaunchError(f"the server of DATABASE_URL does not let us in: {_first_line(error)}") from error


def _server() -> dict[str, Any]:
    server = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: server.get(key) or None for name, key in names.items()}


def _refuse_what_went_back(database: EmbeddedPostgres | None) -> None:
    """Keys and the outside record of the log must belong to this database (design 3.5)."""
    from governance.audit.signing.opening import problem

    name = str(settings.DATABASES["default"]["NAME"])
    opened = psycopg.connect(database.dsn(SUPERUSER, name)) if database else psycopg.connect(**_server())
    with opened as connection:
        if found := problem(connection):
            raise LaunchError(found)


def _plan(listener: socket.socket, database: EmbeddedPostgres | None, terminal_group: int | None) -> Plan:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return Plan(
        commands=commands(listener.fileno()),
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
    if host in settings.ALLOWED_HOSTS:
        return {}
    from django.http.request import validate_host

    return {} if validate_host(host, settings.ALLOWED_HOSTS) else {"Host": settings.ALLOWED_HOSTS[0].lstrip(".")}


def commands(listener: int) -> dict[str, list[str]]:
    """The processes of an installation, by name; the web process serves on the open socket `listener`."""
    python, manage = sys.executable, str(Path(settings.BASE_DIR) / "manage.py")
    web = "--lifespan off --log-level warning --no-access-log --no-server-header --no-proxy-headers"
    web += " --timeout-graceful-shutdown 3 --ws-per-message-deflate false"
    found = {"web": [python, "-m", "uvicorn", "chenu.asgi:application", "--fd", str(listener), *web.split()]}
    found["worker"] = [python, manage, "worker"]
    if settings.REDIS_URL:
        found |= executors(python)
    if settings.DEMO_MODE:
        found["simulator"] = [python, "-m", "agents.simulator", "--port", str(settings.SIMULATOR_PORT)]
    return found


def executors(python: str) -> dict[str, list[str]]:
    """The processes that do the jobs which the worker sends over Redis; the same command starts more elsewhere."""
    quietly = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    names = [f"executor{number}" for number in range(1, settings.EXECUTORS + 1)]
    return {
        name: [python, "-m", "celery", "--quiet", "-A", "chenu", "worker", "-n", f"{name}@%h", *quietly]
        for name in names
    }


def _notes() -> list[str]:
    return [*_notes_on_executors(), *_notes_on_models()]


def _notes_on_executors() -> list[str]:
    if not settings.REDIS_URL:
        return []
    if settings.EXECUTORS:
        return [f"Jobs go over Redis to {settings.EXECUTORS} executor{'s' if settings.EXECUTORS > 1 else ''} here."]
    return ["Jobs go over Redis to executors elsewhere (CHENU_EXECUTORS=0): start them with `celery -A chenu worker`."]


def _notes_on_models() -> list[str]:
    if not settings.DEMO_MODE:
        return []
    return ["Demo mode: answers are simulated. For real ones put ANTHROPIC_API_KEY=… into .env and start again."]


def _say(text: str) -> None:
    sys.stdout.write(f"chenu     | {text}\n")
    sys.stdout.flush()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
