"""chenu/prepared.py: a start has nothing to prepare only when nothing that a preparation decides has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chenu import prepared
from tests.ground import ROOT, admin_dsn

# One of each kind of fact. Run by the server's superuser and rolled back.
CHANGES = {
    "a policy is gone": "DROP POLICY chenu_mine ON spheres_item",
    "a policy says something else": "ALTER POLICY chenu_mine ON spheres_item USING (true)",
    "a policy is for somebody else": "ALTER POLICY chenu_system ON spheres_item TO chenu_app",
    "row-level security is off": "ALTER TABLE spheres_item DISABLE ROW LEVEL SECURITY",
    "row-level security is not forced": "ALTER TABLE spheres_item NO FORCE ROW LEVEL SECURITY",
    "a table has another owner": "ALTER TABLE spheres_item OWNER TO chenu_app",
    "a grant was given": "GRANT UPDATE ON governance_auditentry TO chenu_app",
    "a grant on a column was given": "GRANT UPDATE (body) ON governance_auditentry TO chenu_app",
    "a grant was taken": "REVOKE SELECT ON spheres_item FROM chenu_app",
    "a grant on a schema was given": "GRANT CREATE ON SCHEMA public TO chenu_app",
    "a default grant was given": "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO chenu_app",
    "a column came": "ALTER TABLE spheres_item ADD COLUMN more text",
    "a column is optional": "ALTER TABLE spheres_item ALTER COLUMN title DROP NOT NULL",
    "an index is gone": "DROP INDEX item_by_sphere",
    "a key is gone": "ALTER TABLE spheres_item DROP CONSTRAINT si_spheres_item_dataspace_id",
    "a trigger is off": "ALTER TABLE governance_auditentry DISABLE TRIGGER chenu_append_only",
    "a trigger is gone": "DROP TRIGGER chenu_append_only ON governance_auditentry",
    "a function does something else": "CREATE OR REPLACE FUNCTION chenu.current_identity() RETURNS uuid "
    "LANGUAGE sql STABLE AS 'SELECT NULL::uuid'",
    "a function runs with other rights": "ALTER FUNCTION chenu.current_identity() SECURITY DEFINER",
    "a function may be called": "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA chenu TO chenu_app",
    "a view came": "CREATE VIEW everything AS SELECT * FROM spheres_item",
    "a role may pass the walls": "ALTER ROLE chenu_app BYPASSRLS",
    "a role belongs to another": "GRANT chenu_owner TO chenu_app",
    "a role has settings": "ALTER ROLE chenu_app SET search_path = public",
    "temporary tables are allowed": "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', "
    "current_database()); END $$",
    "a migration is not applied": "DELETE FROM django_migrations WHERE app = 'spheres'",
    "the system has no key": "SET LOCAL session_replication_role = replica; DELETE FROM governance_datakey",
}


@pytest.fixture
def dsn(database: str) -> str:
    return admin_dsn().replace("dbname=postgres", f"dbname={database}")


@pytest.fixture
def admin(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_the_preparation_decides_is_missed_when_it_changes(change: str, admin: psycopg.Connection) -> None:
    before = prepared._catalogue(admin)
    admin.execute(change)
    assert prepared._catalogue(admin) != before
    admin.rollback()
    assert prepared._catalogue(admin) == before


def test_rows_and_statistics_are_not_part_of_it(admin: psycopg.Connection) -> None:
    before = prepared._catalogue(admin)
    admin.execute("INSERT INTO django_session VALUES ('x', '', now())")
    admin.execute("ANALYZE django_session")
    assert prepared._catalogue(admin) == before


def test_what_was_recorded_holds_for_the_same_sources_only(dsn: str) -> None:
    assert not prepared.is_prepared(dsn, "these")
    prepared.record(dsn, "these")
    assert prepared.is_prepared(dsn, "these")
    assert not prepared.is_prepared(dsn, "others")
    with psycopg.connect(dsn) as admin:
        admin.execute("ALTER TABLE spheres_sphere ADD COLUMN more text")
    assert not prepared.is_prepared(dsn, "these")
    with psycopg.connect(dsn) as admin:
        admin.execute("ALTER TABLE spheres_sphere DROP COLUMN more")
    assert prepared.is_prepared(dsn, "these")


@pytest.mark.parametrize("name", ["nothing_here", "postgres"])
def test_a_database_that_is_not_there_or_empty_is_not_prepared(database: str, name: str) -> None:
    assert not prepared.is_prepared(admin_dsn().replace("dbname=postgres", f"dbname={name}"), "these")


def test_the_sources_are_the_code_the_static_files_and_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("spheres", "governance", "static", "chenu"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "chenu", tmp_path / "tests")
    (tmp_path / "tests" / "__init__.py").touch()
    known = {prepared.sources(tmp_path)}
    assert prepared.sources(tmp_path) in known

    def is_new() -> bool:
        found = prepared.sources(tmp_path)
        return found not in known and not known.add(found)  # type: ignore[func-returns-value]

    for name in ("spheres/models.py", "governance/sql/schema.sql", "governance/migrations/0001_foundation.py"):
        with open(tmp_path / name, "a") as file:
            file.write("\n")
        assert is_new(), name
    (tmp_path / "spheres" / "migrations" / "0002_more.py").touch()
    assert is_new()
    (tmp_path / "static" / "js" / "app.js").unlink()
    assert is_new()
    (tmp_path / "further").mkdir()
    (tmp_path / "further" / "__init__.py").touch()
    assert is_new()
    (tmp_path / "tests" / "__init__.py").write_text("# no installation runs this")
    assert not is_new()
    monkeypatch.setattr(prepared.os, "listdir", lambda folder: ["django-9.9.dist-info"])
    assert is_new()
