"""The database of a backup: one consistent dump as the owner of the tables, and its way back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from chenu.backup.sealed import BackupProblem
from chenu.launch.account import binaries
from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres
from governance.isolation import roles

# Written by pg_dump 18, unknown to servers before 17.
TOO_NEW = {170000: b"SET transaction_timeout = 0;\n"}


@contextmanager
def reachable() -> Iterator[None]:
    """The database for the block: a running one as it is, the embedded one started for it otherwise."""
    try:
        _owner().close()
    except psycopg.OperationalError as error:
        if not settings.DATABASE_IS_EMBEDDED:
            raise BackupProblem(f"the server of DATABASE_URL does not let us in: {first_line(error)}") from error
        with started():
            yield
    else:
        yield


@contextmanager
def started() -> Iterator[None]:
    """The embedded database, started for the block; raises LaunchError while CHE·NU itself runs on it."""
    server = EmbeddedPostgres(settings.POSTGRES_DIR)
    server.start()
    try:
        roles.prepare(server.dsn(SUPERUSER, "postgres"), str(settings.DATABASES["default"]["NAME"]))
        yield
    finally:
        _let_go()
        server.stop()


def unused() -> Any:
    """The database to restore into: nobody else may be on it. A given server's is taken as it is."""
    return started() if settings.DATABASE_IS_EMBEDDED else nullcontext()


def dump(target: Path) -> dict[str, Any]:
    """Writes everything as SQL to `target`; returns the facts by which a restored copy is judged."""
    with _owner() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        (snapshot,) = reader.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        _run("pg_dump", "--enable-row-security", f"--snapshot={snapshot}", f"--file={target}")
        return {"rows": _rows(reader), "migrations": _migrations(reader), "server": reader.info.server_version}


def load(source: Path) -> None:
    """Brings a dump into a database that holds nothing yet, whole or not at all."""
    with _owner() as owner:
        if _tables(owner):
            raise BackupProblem(
                "the database holds something already: restore into a new installation (another CHENU_DATA_DIR, "
                "or an empty database behind DATABASE_URL)"
            )
        version = owner.info.server_version
    for since, line in TOO_NEW.items():
        if version < since:
            _without(source, line)
    _run("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={source}")


def rows() -> dict[str, int]:
    """How many rows each table holds."""
    with _owner() as owner:
        return _rows(owner)


def unknown_migrations(known_there: list[list[str]]) -> list[str]:
    """What a dump was migrated by and this program does not have: then the dump is newer than the program."""
    here = MigrationLoader(None).disk_migrations
    return [f"{app}.{name}" for app, name in known_there if (app, name) not in here]


def _owner() -> psycopg.Connection[Any]:
    return psycopg.connect(**{key: value for key, value in _place().items() if value}, autocommit=True)


def _place() -> dict[str, str]:
    server = {**connection.settings_dict, **settings.DATABASE_OWNER}
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: str(server.get(key) or "") for name, key in names.items()}


def _run(program: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs as the owner; the password travels in the environment only."""
    variables = {
        "PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname",
    }  # fmt: skip
    place = _place()
    environment = {name: place[key] for name, key in variables.items() if place[key]}
    done = subprocess.run(
        [str(binaries() / program), *arguments],
        env={"PATH": os.defpath, "LC_ALL": "C", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise BackupProblem(f"{program} failed: {said[0]}")


def _tables(owner: psycopg.Connection[Any]) -> list[str]:
    found = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in found]


def _rows(owner: psycopg.Connection[Any]) -> dict[str, int]:
    counts = {}
    for table in _tables(owner):
        counted = owner.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counts[table] = int(counted[0]) if counted else 0
    return counts


def _migrations(owner: psycopg.Connection[Any]) -> list[list[str]]:
    return [list(row) for row in owner.execute("SELECT app, name FROM django_migrations ORDER BY id")]


def _without(source: Path, line: bytes) -> None:
    """Takes one settings line out of the head of a dump, in place and in length."""
    with source.open("r+b") as file:
        head = file.read(4096)
        if (start := head.find(line)) >= 0:
            file.seek(start)
            file.write(b"--" + b" " * (len(line) - 3) + b"\n")


def first_line(error: Exception) -> str:
    """What a person needs of an error that says much."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _let_go() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
