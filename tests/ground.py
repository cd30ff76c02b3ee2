"""Loaded before Django reads its settings: where this run's databases live (design 8.3).

By default in a throw-away embedded PostgreSQL. With CHENU_TEST_SERVER, the address of an administrator of a
PostgreSQL server (postgresql://postgres:secret@localhost:5433/postgres), on that server, as with DATABASE_URL;
the application's roles get the administrator's password there.

With CHENU_TEST_REDIS=1 the run has a redis-server of its own: cache and sockets lean on it, and jobs are executed by
separate processes (tests/governance/live/processes.py). Each worker of the run has a database there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parent.parent
SERVER_DIR = "CHENU_TEST_DIR"
GIVEN_SERVER = os.environ.get("CHENU_TEST_SERVER", "")
IS_CONTROLLER = SERVER_DIR not in os.environ
if IS_CONTROLLER:
    os.environ[SERVER_DIR] = tempfile.mkdtemp(prefix="chenu-tests-")
    os.environ["CHENU_DATA_DIR"] = os.environ[SERVER_DIR]
    os.environ["CHENU_DEMO"] = "1"
    os.environ["CHENU_SIGNUP"] = "open"
    os.environ["CHENU_LIMITS_SCALE"] = "1000"

# Nobody's own Redis is ever touched by a test.
REDIS_PORT = "CHENU_TEST_REDIS_PORT"
_redis = RedisServer(Path(os.environ[SERVER_DIR]) / "redis") if os.environ.get("CHENU_TEST_REDIS") == "1" else None
if _redis and IS_CONTROLLER:
    os.environ[REDIS_PORT] = str(_redis.port)
os.environ.pop("REDIS_URL", None)
if _redis:
    _number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{os.environ[REDIS_PORT]}/{_number}"

_embedded = EmbeddedPostgres(Path(os.environ[SERVER_DIR]) / "postgres", durable=False)
# On a server that outlives the run, its databases carry the run's own name.
_run = "chenu_" + (os.environ[SERVER_DIR].rsplit("-", 1)[-1].lower() + "_" if GIVEN_SERVER else "")

_making: list[subprocess.Popen[bytes]] = []
TEMPLATE_WITHIN = 120  # seconds
ADMINISTRATOR = (urlsplit(GIVEN_SERVER).username or "postgres") if GIVEN_SERVER else SUPERUSER


def database_name(worker: str) -> str:
    """The database of one pytest worker (`main` without xdist)."""
    return _run + worker


def admin_dsn(database: str = "postgres") -> str:
    """Connects to `database` as the server's administrator."""
    if GIVEN_SERVER:
        return make_conninfo(GIVEN_SERVER, dbname=database)
    return make_conninfo(host=str(_embedded.socket_dir), user=ADMINISTRATOR, dbname=database)


def application_url(database: str) -> str:
    """The DATABASE_URL of a process that uses `database` as `chenu_app`."""
    if not GIVEN_SERVER:
        return f"postgresql://chenu_app@{quote(str(_embedded.socket_dir), safe='')}/{database}"
    server = urlsplit(GIVEN_SERVER)
    secret = f":{server.password}" if server.password else ""
    return f"postgresql://chenu_app{secret}@{server.hostname}:{server.port or 5432}/{database}"


def prepare(database: str) -> None:
    """Makes the roles and an empty `database`."""
    from governance.isolation import roles

    roles.prepare(admin_dsn(), database)
    if GIVEN_SERVER and (password := urlsplit(GIVEN_SERVER).password):
        with psycopg.connect(admin_dsn(), autocommit=True) as admin:
            for role in (roles.APP, roles.OWNER):
                admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


if IS_CONTROLLER and GIVEN_SERVER:
    os.environ["DATABASE_URL"] = application_url(database_name("main"))


def pytest_configure(config: pytest.Config) -> None:
    """One server for the run, started by the controlling process; workers find it in their environment."""
    if IS_CONTROLLER:
        if not GIVEN_SERVER:
            _embedded.start()
        if _redis:
            _redis.start()
        # Beside the collection of the tests: who needs a database waits for it (`copy_of_template`).
        _making.append(subprocess.Popen([sys.executable, "-m", "tests.template"], cwd=ROOT))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not IS_CONTROLLER:
        return
    for process in _making:
        process.kill()
        process.wait()
    if GIVEN_SERVER:
        _drop_databases()
    else:
        _embedded.stop()
    if _redis:
        _redis.kill()
    shutil.rmtree(os.environ[SERVER_DIR], ignore_errors=True)


def copy_of_template(name: str) -> None:
    """A database `name` like the one that tests.template made; waits until there is one."""
    deadline = time.monotonic() + TEMPLATE_WITHIN
    while not template_state("ready").exists():
        if template_state("failed").exists():
            raise RuntimeError(template_state("failed").read_text())
        if time.monotonic() > deadline:
            raise RuntimeError(f"no database to copy after {TEMPLATE_WITHIN} s")
        time.sleep(0.02)
    from governance.isolation.roles import OWNER, role_statements

    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('chenu.template'))")  # a template is copied by one at a time
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{database_name("template")}" OWNER {OWNER}')
        # Grants on a database itself are not part of its copy.
        for statement in role_statements(name):
            admin.execute(statement)


def template_state(word: str) -> Path:
    """The file that says that the template is `ready`, or why it has `failed`."""
    return Path(os.environ[SERVER_DIR]) / f"template.{word}"


def _drop_databases() -> None:
    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_run]).fetchall()
        for (name,) in found:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
