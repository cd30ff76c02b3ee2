"""A backup brought back into an empty database holds the same rows and chains (chenu/backup)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from chenu.backup import archive, database
from chenu.backup.sealed import BackupProblem
from spheres.models import Item
from tests.ground import admin_dsn, prepare
from tests.ground import database_name as name_for
from tests.spheres import makers


@pytest.fixture
def elsewhere(database: str, django_db_blocker: object) -> Iterator[None]:
    """The same program on a fresh, empty database."""
    name = name_for(f"{database.rsplit('_', 1)[-1]}_restored")
    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    prepare(name)
    yield from _on(name, database)
    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _on(name: str, before: str) -> Iterator[None]:
    def use(which: str) -> None:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["NAME"] = which

    use(name)
    yield
    use(before)


@pytest.fixture
def backup(db: None, alice, tmp_path):
    """A backup taken while Alice has one note, and the id of that note."""
    with alice.acting():
        note = makers.item("Bail", content="Loyer 1 000 $").pk
    outbox = settings.DATA_DIR / "outbox"
    outbox.mkdir(exist_ok=True)
    (outbox / "kept-by-the-backup.eml").write_text("Bonjour")
    archive.make(tmp_path / "one.backup")
    (outbox / "kept-by-the-backup.eml").unlink()
    return tmp_path / "one.backup", note


def test_a_restored_installation_holds_the_same_rows_files_and_whole_chains(backup, alice, elsewhere):
    file, note = backup
    manifest = archive.bring_back(file)
    assert database.rows() == manifest["rows"]
    assert manifest["rows"]["spheres_item"] >= 1
    with alice.looking():
        assert Item.objects.get(pk=note).content == "Loyer 1 000 $"
    kept = settings.DATA_DIR / "outbox" / "kept-by-the-backup.eml"
    assert kept.read_text() == "Bonjour"
    kept.unlink()
    out = io.StringIO()
    call_command("audit", "verify", "--payloads", stdout=out)
    assert " 0 broken" in out.getvalue()
    out = io.StringIO()
    call_command("check_isolation", stdout=out)


def test_a_database_that_holds_something_is_never_overwritten(backup):
    with pytest.raises(BackupProblem, match="holds something already"):
        archive.bring_back(backup[0])


def test_a_backup_never_replaces_a_file(backup):
    with pytest.raises(BackupProblem, match="exists already"):
        archive.make(backup[0])


def test_a_backup_of_a_newer_program_is_refused(backup, monkeypatch, elsewhere):
    monkeypatch.setattr("chenu.backup.database.MigrationLoader", lambda _: type("None", (), {"disk_migrations": {}}))
    with pytest.raises(BackupProblem, match="newer CHE·NU"):
        archive.bring_back(backup[0])
    assert database.rows() == {}


def test_a_failed_backup_leaves_no_file(db, tmp_path, monkeypatch):
    def fails(target):
        raise BackupProblem("no")

    monkeypatch.setattr("chenu.backup.database.dump", fails)
    with pytest.raises(BackupProblem):
        archive.make(tmp_path / "two.backup")
    assert list(tmp_path.iterdir()) == []
