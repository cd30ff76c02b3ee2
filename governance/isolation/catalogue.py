"""From the models to the walls: policies, grants, triggers and composite keys (design 3.2, wall 3).

One idempotent step, run as the owner after every `migrate`. Nothing here is written by hand per
table; `check_isolation` reads the deployed database and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from governance.isolation.models import Global, Scoped, ScopedKey
from governance.isolation.roles import APP, OWNER, SYSTEM

CALLABLE = (
    "current_identity()",
    "refuse_change()",
    "audit_append(uuid, bytea[], bytea[], jsonb[])",
    "window_start(text)",
    "ledger_open(text, text, uuid, jsonb)",
    "ledger_hold(uuid, uuid, bigint, bigint, uuid, uuid, bigint, boolean)",
    "ledger_settle(uuid, bigint, bigint)",
    "request_take(text, integer)",
    "ledger_share(uuid, bigint, jsonb, jsonb)",
    "ledger_cap(uuid, text, text, bigint, bigint)",
    "erase_identity(uuid)",
)
SQL_DIR = Path(__file__).resolve().parent.parent / "sql"


def sql_files() -> list[Path]:
    """The SQL of governance, and that of the apps above which declare functions (`AppConfig.sql_functions`)."""
    above = [Path(app.path) / "sql" for app in apps.get_app_configs() if getattr(app, "sql_functions", ())]
    return [path for folder in (SQL_DIR, *above) for path in sorted(folder.glob("*.sql"))]


def callable_functions() -> tuple[str, ...]:
    """The signatures that the application's roles may call."""
    return (*CALLABLE, *(each for app in apps.get_app_configs() for each in getattr(app, "sql_functions", ())))


def scoped_models() -> list[type[Scoped]]:
    """Every concrete identity table, in a stable order."""
    found = [m for m in apps.get_models(include_auto_created=True) if issubclass(m, Scoped)]
    return sorted(found, key=lambda m: m._meta.db_table)


def scoped_keys(model: type[models.Model]) -> Iterator[ScopedKey]:
    """The foreign keys of a model that point to an identity table."""
    for field in model._meta.local_fields:
        if isinstance(field, ScopedKey):
            yield field


def statements() -> list[str]:
    """All SQL of the step, in order."""
    before = [(SQL_DIR / name).read_text() for name in ("schema.sql",)]
    walls = [line for model in scoped_models() for line in table_walls(model)]
    keys = [line for model in scoped_models() for field in scoped_keys(model) for line in composite_key(model, field)]
    after = [path.read_text() for path in sql_files() if path.name.startswith("functions_")]
    return [*before, *open_tables(), *walls, *growing_tables(), *keys, *after, *function_grants()]


def open_tables() -> list[str]:
    """Grants on everything else; the scoped tables are narrowed afterwards."""
    return [
        f"GRANT USAGE ON SCHEMA public, chenu TO {APP}, {SYSTEM}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}, {SYSTEM}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}, {SYSTEM}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {APP}, {SYSTEM}",
    ]


def growing_models() -> list[type[models.Model]]:
    """Tables of the installation that only grow."""
    found = [m for m in apps.get_models() if issubclass(m, Global) and getattr(m, "append_only", False)]
    return sorted(found, key=lambda m: m._meta.db_table)


def growing_tables() -> list[str]:
    """What keeps them from being changed: no grant, and a trigger."""
    tables = [model._meta.db_table for model in growing_models()]
    grants = [f"REVOKE UPDATE, DELETE ON {table} FROM {APP}, {SYSTEM}" for table in tables]
    return [*grants, *(line for table in tables for line in append_only(table))]


def table_walls(model: type[Scoped]) -> list[str]:
    """Row-level security, grants and triggers of one identity table."""
    table = model._meta.db_table
    mine = "identity_id = (SELECT chenu.current_identity())"
    lines = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        *policy(table, "mine", APP, mine),
        *policy(table, "owner", OWNER, "true"),
        *policy(table, "system", SYSTEM, "true"),
        f"REVOKE ALL ON {table} FROM {APP}, {SYSTEM}",
        f"GRANT {granted(model)} ON {table} TO {APP}, {SYSTEM}",
        unique_pair(table),
    ]
    if model.append_only:
        lines += append_only(table)
    return lines


def granted(model: type[Scoped]) -> str:
    """The privileges of the application's roles on one identity table."""
    if getattr(model, "written_by_functions", False):
        return "SELECT"
    return "SELECT, INSERT" if model.append_only else "SELECT, INSERT, UPDATE, DELETE"


def policy(table: str, name: str, role: str, condition: str) -> list[str]:
    full = f"chenu_{name}"
    return [
        f"DROP POLICY IF EXISTS {full} ON {table}",
        f"CREATE POLICY {full} ON {table} TO {role} USING ({condition}) WITH CHECK ({condition})",
    ]


def unique_pair(table: str) -> str:
    """(identity_id, id) is unique: the target of the composite keys and the index of every list."""
    name = f"{table}_pair"
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}') THEN "
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (identity_id, id); END IF; END $$"
    )


def append_only(table: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS chenu_append_only ON {table}",
        f"CREATE TRIGGER chenu_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION chenu.refuse_change()",
        f"DROP TRIGGER IF EXISTS chenu_no_truncate ON {table}",
        f"CREATE TRIGGER chenu_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION chenu.refuse_change()",
    ]


def key_name(model: type[models.Model], field: Any) -> str:
    """The name of a composite key, within PostgreSQL's 63 characters."""
    return f"si_{model._meta.db_table}_{field.column}"[:63]


def composite_key(model: type[models.Model], field: Any) -> list[str]:
    """FOREIGN KEY (identity_id, column) REFERENCES parent (identity_id, id)."""
    table, target, name = model._meta.db_table, field.related_model._meta.db_table, key_name(model, field)
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}') THEN "
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (identity_id, {field.column}) "
        f"REFERENCES {target} (identity_id, id) DEFERRABLE INITIALLY DEFERRED; END IF; END $$"
    ]


def function_grants() -> list[str]:
    """Only the entry points may be called; their helpers (such as the one that writes a ledger row) may not."""
    allowed = ", ".join(f"chenu.{signature}" for signature in callable_functions())
    return [
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA chenu FROM PUBLIC, {APP}, {SYSTEM}",
        f"GRANT EXECUTE ON FUNCTION {allowed} TO {APP}, {SYSTEM}",
    ]


def install() -> None:
    """Runs the step in one transaction; the connection must be the owner's."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)
