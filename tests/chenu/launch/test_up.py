from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chenu.launch.postgres import EmbeddedPostgres
from tests.chenu.launch.processes import REPOSITORY, alive, eventually, everything_said, read_until

Start = subprocess.Popen[bytes]
# One process runs them all: they share the installation that takes longest to make.


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def up(data: Path, **variables: object) -> Start:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("CHENU_", "DATABASE_"))}
    own = {"CHENU_DATA_DIR": data, "CHENU_PORT": free_port(), "CHENU_SIMULATOR_PORT": free_port(), "CHENU_DEMO": 1}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=REPOSITORY,
        env=usual | {name: str(value) for name, value in (own | variables).items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
    )


def answer(database: EmbeddedPostgres, question: str) -> object:
    """The one value `question` asks for, 0 while its tables do not exist yet."""
    with psycopg.connect(database.dsn("chenu", "chenu"), autocommit=True) as connection:
        try:
            return connection.execute(question).fetchone()[0]
        except psycopg.errors.UndefinedTable:
            return 0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation") / "var"


@pytest.fixture(scope="module")
def first_start(data: Path) -> Iterator[tuple[Start, list[str]]]:
    """A running installation and what its very first start said."""
    start = up(data)
    yield start, read_until(start, "Demo mode", seconds=120)
    start.kill()
    start.wait()


def test_one_command_makes_an_installation_that_answers(first_start: tuple[Start, list[str]]) -> None:
    _, said = first_start
    address = next(re.search(r"is ready: (http://127\.0\.0\.1:\d+)", line)[1] for line in said if "is ready" in line)
    with urllib.request.urlopen(f"{address}/readyz") as answer:
        assert json.load(answer)["status"] == "ready"
        assert "Server" not in answer.headers


def test_a_second_copy_on_the_same_folder_is_one_line(first_start: tuple[Start, list[str]], data: Path) -> None:
    second = up(data)
    said = everything_said(second)
    assert second.returncode == 1
    assert said[-1] == (
        f"CHE·NU cannot start: the database in {data}/postgres is already running (started by process "
        f"{first_start[0].pid}): stop that copy, or choose another CHENU_DATA_DIR"
    )


def test_ctrl_c_ends_it_with_status_zero_and_the_next_start_has_nothing_to_prepare(
    first_start: tuple[Start, list[str]], data: Path
) -> None:
    start, said = first_start
    assert [line.removeprefix("chenu     | ") for line in said[:3]] == [
        "making the database",
        "updating the database",
        "collecting the static files",
    ]
    start.send_signal(signal.SIGINT)
    assert everything_said(start)[-1] == "chenu     | stopped"
    assert start.returncode == 0
    again = up(data)
    said = read_until(again, "is ready", seconds=60)
    assert [line for line in said if line.startswith("chenu ")] == ["chenu     | starting the database"]
    again.terminate()
    assert again.wait(10) == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE spheres_item DISABLE ROW LEVEL SECURITY",
        "COMMENT ON DATABASE chenu IS 'prepared from other sources'; DROP POLICY chenu_mine ON spheres_item",
    ],
    ids=["the database was changed", "the sources were changed"],
)
def test_what_was_changed_since_the_last_start_is_installed_again(data: Path, change: str) -> None:
    with EmbeddedPostgres(data / "postgres") as database:
        with psycopg.connect(database.dsn("chenu", "chenu"), autocommit=True) as connection:
            connection.execute(change)
    start = up(data)
    read_until(start, "is ready", seconds=60)
    with psycopg.connect(EmbeddedPostgres(data / "postgres").dsn("chenu", "chenu")) as connection:
        walls = "SELECT relrowsecurity FROM pg_class WHERE oid = 'spheres_item'::regclass"
        assert connection.execute(walls).fetchone() == (True,)
        policies = "SELECT count(*) FROM pg_policies WHERE tablename = 'spheres_item'"
        assert connection.execute(policies).fetchone() == (3,)
    start.terminate()
    assert start.wait(10) == 0


@pytest.mark.parametrize("lost", ["audit_key", "master_key", "record"])
def test_keys_or_a_record_of_another_database_are_one_line(data: Path, lost: str, tmp_path: Path) -> None:
    """A key file that is gone, or a database older than its outside record, is said and not worked around."""
    _manage(data, "audit", "sign")
    record, keys = data / "audit" / "heads.jsonl", data / "keys"
    place, kept = (record if lost == "record" else keys / lost), tmp_path / "kept"
    kept.write_bytes(place.read_bytes())
    place.unlink()
    if lost == "record":
        ahead = json.loads(kept.read_bytes().splitlines()[-1])
        place.write_bytes(kept.read_bytes() + json.dumps({**ahead, "n": ahead["n"] + 1}).encode() + b"\n")
    try:
        start = up(data)
        said = everything_said(start)
        assert start.wait() == 1
    finally:
        place.write_bytes(kept.read_bytes())
        place.chmod(0o600)
    told = {"audit_key": "audit_key, cannot be read", "master_key": "bring back master_key", "record": "is ahead of"}
    assert [line for line in said if line.startswith("CHE·NU cannot start") and told[lost] in line], said
    assert "Traceback" not in "".join(said)


def _manage(data: Path, *arguments: str) -> None:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("CHENU_", "DATABASE_"))}
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=REPOSITORY, env=usual | {"CHENU_DATA_DIR": str(data)}, check=True, capture_output=True)


@pytest.mark.parametrize(
    "variables",
    [{"CHENU_PUBLIC_URL": "https://chenu.example.org"}, {"CHENU_ALLOWED_HOSTS": ".example.org"}],
    ids=["public address", "other hosts only"],
)
def test_it_becomes_ready_whatever_hosts_it_answers_to(data: Path, variables: dict[str, str]) -> None:
    start = up(data, **variables)
    assert "is ready: http" in read_until(start, "is ready", seconds=60)[-1]
    start.terminate()
    assert start.wait(10) == 0


def test_a_stop_during_the_preparation_leaves_no_database_behind(tmp_path: Path) -> None:
    start = up(tmp_path)
    read_until(start, "updating the database", seconds=60)
    server = int((tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    start.terminate()
    assert start.wait(20) == 0
    assert eventually(lambda: not alive(server))
    assert not EmbeddedPostgres(tmp_path / "postgres").running()


def test_a_start_killed_during_the_preparation_is_finished_by_the_next(tmp_path: Path) -> None:
    killed = up(tmp_path)
    read_until(killed, "updating the database", seconds=60)
    database = EmbeddedPostgres(tmp_path / "postgres")
    migrated = "SELECT count(*) FROM django_migrations WHERE app = 'governance'"
    assert eventually(lambda: answer(database, migrated) != 0, seconds=60)
    killed.kill()
    again = up(tmp_path)
    assert "is ready: http" in read_until(again, "is ready", seconds=60)[-1]
    again.terminate()
    assert again.wait(10) == 0


def test_a_port_in_use_is_one_line_and_nothing_was_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        start = up(tmp_path, CHENU_PORT=port)
        assert everything_said(start, 60) == [
            f"CHE·NU cannot start: port {port} on 127.0.0.1 is already in use: "
            "stop that program, or set CHENU_PORT to another number"
        ]
    assert start.returncode == 1
    assert not (tmp_path / "postgres").exists()


def test_a_wrong_setting_is_one_line_and_status_two(tmp_path: Path) -> None:
    start = up(tmp_path, CHENU_SIGNUP="maybe")
    assert everything_said(start, 60) == ["CHE·NU cannot start: CHENU_SIGNUP must be one of: open, invite, closed"]
    assert start.returncode == 2


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    start = up(tmp_path, DATABASE_URL="postgresql://chenu_app:secret@127.0.0.1:1/chenu")
    said = everything_said(start, 60)
    assert start.returncode == 1
    assert len(said) == 1
    assert said[0].startswith("CHE·NU cannot start: the server of DATABASE_URL does not let us in: connection failed")
    assert "secret" not in said[0]
