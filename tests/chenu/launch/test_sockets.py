"""Where the embedded server listens."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from chenu.launch.postgres import EmbeddedPostgres, LaunchError, socket_dir_for
from tests.chenu.launch.processes import everything_said, run_python
from tests.chenu.launch.servers import as_root, ask


def test_a_short_path_keeps_the_socket_beside_the_data() -> None:
    assert socket_dir_for(Path("/srv/chenu/postgres")) == Path("/srv/chenu/postgres")


def test_the_longest_path_that_fits_is_a_hundred_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    fits = Path("/" + "x" * (100 - len("/.s.PGSQL.5432") - 1))
    assert socket_dir_for(fits) == fits
    longer = Path(f"{fits}x")
    assert socket_dir_for(longer) != longer
    assert socket_dir_for(Path("/" + "é" * 50)).name.startswith(f"chenu-{os.getuid()}-")


def test_the_short_folder_is_in_the_run_time_directory_and_differs_by_root(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "/" + "x" * 120
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    one, two = socket_dir_for(Path(long)), socket_dir_for(Path(f"{long}y"))
    assert one.parent == two.parent == Path("/run/user/1000")
    assert one != two
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert socket_dir_for(Path(long)) == Path(tempfile.gettempdir()) / one.name


@pytest.mark.parametrize("name", ["x" * 110, "a, b", "un été"])
def test_it_can_be_reached_below_any_path(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name, durable=False) as database:
        assert ask(database, "SELECT 1") == [(1,)]
        assert database.socket_dir.stat().st_mode & 0o777 == 0o700
        short = database.socket_dir
    assert short.exists() == (short == database.root)


@as_root
def test_a_socket_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    database = EmbeddedPostgres(tmp_path / ("x" * 100))
    database.socket_dir.mkdir()
    os.chown(database.socket_dir, 4242, 4242)
    with pytest.raises(LaunchError, match=f"^{database.socket_dir} belongs to somebody else"):
        database.start()


def test_reading_the_socket_folder_loads_neither_django_nor_psycopg() -> None:
    program = "import sys, chenu.launch.postgres as p; print(sorted({'django', 'psycopg'} & set(sys.modules)))"
    assert everything_said(run_python(program)) == ["[]"]
