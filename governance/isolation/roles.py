"""The three database roles (design 3.2) and how to become the owner for migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

OWNER, APP, SYSTEM = "chenu_owner", "chenu_app", "chenu_system"

# `chenu_app` must not inherit `chenu_system`: an inherited grant would show every row.
ROLE_STATEMENTS = (
    (OWNER, "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB INHERIT"),
    (APP, "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOINHERIT"),
    (SYSTEM, "NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOINHERIT"),
)


def role_statements(database: str) -> list[sql.Composed]:
    """The idempotent SQL that an administrator of a server runs once (`manage.py database_roles`)."""
    statements = [
        sql.SQL(
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {name}) "
            "THEN CREATE ROLE {role}; END IF; END $$"
        ).format(name=sql.Literal(name), role=sql.Identifier(name))
        for name, _ in ROLE_STATEMENTS
    ]
    statements += [
        sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(name), sql.SQL(options)) for name, options in ROLE_STATEMENTS
    ]
    statements.append(sql.SQL("GRANT {} TO {}").format(sql.Identifier(SYSTEM), sql.Identifier(APP)))
    statements.append(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(OWNER)))
    # A temporary table stands before ours in the search path of a function that runs with its owner's rights.
    statements.append(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    return statements


def prepare(admin_dsn: str, database: str) -> None:
    """Creates the roles and the database where they are missing; `admin_dsn` may create both."""
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('chenu.roles'))")  # two that start together take turns
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        for statement in role_statements(database):
            admin.execute(statement)


@contextmanager
def as_owner() -> Iterator[None]:
    """Connects as the owner of the tables for the block: migrations, backup and tests only."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update(settings.DATABASE_OWNER)
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict.update(before)
