"""The embedded server: what it is, and that no row is lost however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from chenu.launch.postgres import EmbeddedPostgres, LaunchError
from tests.chenu.launch.processes import alive, eventually, run_python
from tests.chenu.launch.servers import OWNER, ask, server_of


def test_it_is_postgresql_18_in_utf8_with_the_builtin_locale(database: EmbeddedPostgres) -> None:
    facts = "SELECT current_setting('server_version_num')::int / 10000, datlocprovider, datlocale, lower('ÉCOLE')"
    assert ask(database, f"{facts} FROM pg_database WHERE datname = 'postgres'") == [(18, "b", "C.UTF-8", "école")]


def test_it_listens_on_its_socket_only(database: EmbeddedPostgres) -> None:
    assert ask(database, "SHOW listen_addresses") == [("",)]
    assert ask(database, "SELECT auth_method FROM pg_hba_file_rules WHERE type <> 'local'") == [("reject",)] * 4


def test_nobody_else_can_enter_its_folders(tmp_path: Path, cluster: Path) -> None:
    root = tmp_path / ("long" * 25)
    shutil.copytree(cluster, root / "data")
    root.chmod(0o755)
    with EmbeddedPostgres(root, durable=False) as database:
        modes = [path.stat().st_mode & 0o777 for path in (database.root, database.data, database.socket_dir)]
        assert modes == [0o700, 0o700, 0o700]
        assert database.log.stat().st_mode & 0o777 == 0o600


def test_values_of_rows_stay_out_of_the_log(database: EmbeddedPostgres) -> None:
    ask(database, "CREATE TABLE person (email text PRIMARY KEY)")
    ask(database, "INSERT INTO person VALUES ('alice@example.org')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(database, "INSERT INTO person VALUES ('alice@example.org')")
    assert "duplicate key" in database.log.read_text()
    assert "alice" not in database.log.read_text()


def test_durability_is_given_up_only_when_asked(tmp_path: Path, database: EmbeddedPostgres) -> None:
    names = "SELECT setting FROM pg_settings WHERE name IN ('fsync','full_page_writes','synchronous_commit')"
    assert ask(database, names) == [("off",)] * 3
    with EmbeddedPostgres(tmp_path / "durable") as durable:
        assert ask(durable, names) == [("on",)] * 3


def test_the_server_does_not_see_the_keys_in_our_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    with EmbeddedPostgres(root, durable=False) as database:
        assert database.process
        seen = Path(f"/proc/{database.process.pid}/environ").read_text()
    assert "LC_ALL=C" in seen
    assert "secret" not in seen


def test_rows_survive_a_stop_and_a_start(database: EmbeddedPostgres) -> None:
    ask(database, "CREATE TABLE note AS SELECT 'kept' AS text")
    database.stop()
    assert not database.running()
    database.start()
    assert database.running()
    assert ask(database, "SELECT text FROM note") == [("kept",)]


def test_a_killed_parent_takes_the_server_along_and_no_row_is_lost(root: Path) -> None:
    owner = run_python(OWNER, root)
    server = server_of(owner)
    again = EmbeddedPostgres(root)
    ask(again, "CREATE TABLE note AS SELECT 'kept' AS text")
    owner.kill()
    owner.wait()
    assert eventually(lambda: not alive(server))
    assert "database system is shut down" in (root / "log").read_text()
    with again:
        assert ask(again, "SELECT text FROM note") == [("kept",)]


def test_a_start_right_after_the_parent_was_killed_waits_for_the_old_server(root: Path) -> None:
    owner = run_python(OWNER, root)
    server = server_of(owner)
    os.kill(server, signal.SIGSTOP)  # its shutdown takes long
    owner.kill()
    threading.Timer(1, os.kill, (server, signal.SIGCONT)).start()
    with EmbeddedPostgres(root) as database:
        assert not alive(server)
        assert ask(database, "SELECT 1") == [(1,)]


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(database: EmbeddedPostgres) -> None:
    assert database.process
    assert os.getsid(database.process.pid) == database.process.pid != os.getsid(0)


def test_a_second_start_on_the_same_folder_is_refused_by_name(root: Path) -> None:
    owner = run_python(OWNER, root)
    server = server_of(owner)
    with pytest.raises(LaunchError) as refused:
        EmbeddedPostgres(root).start()
    assert str(refused.value) == (
        f"the database in {root} is already running (started by process {owner.pid}): "
        "stop that copy, or choose another CHENU_DATA_DIR"
    )
    assert alive(server)
    owner.kill()


def test_a_killed_server_starts_again_with_its_rows(root: Path) -> None:
    database = EmbeddedPostgres(root)
    database.start()
    ask(database, "CREATE TABLE note AS SELECT 'kept' AS text")
    assert database.process
    busy = psycopg.connect(database.dsn("chenu", "postgres"))
    busy.execute("SELECT 1")
    os.kill(database.process.pid, signal.SIGKILL)
    database.process.wait()
    database.start()
    busy.close()
    assert ask(database, "SELECT text FROM note") == [("kept",)]
    database.stop()


def test_a_stale_pid_file_with_the_number_of_another_program_does_not_stop_the_start(root: Path) -> None:
    database = EmbeddedPostgres(root, durable=False)
    database.start()
    pid_file, server = root / "data" / "postmaster.pid", database.process
    assert server
    text = pid_file.read_text().replace(str(server.pid), str(os.getppid()))
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    pid_file.write_text(text)
    (database.socket_dir / ".s.PGSQL.5432.lock").write_text(text)
    database.start()
    assert ask(database, "SELECT 1") == [(1,)]
    database.stop()
