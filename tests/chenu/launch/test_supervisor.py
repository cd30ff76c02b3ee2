from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chenu.launch.logbook import LogBook
from chenu.launch.postgres import EmbeddedPostgres
from tests.chenu.launch.processes import REPOSITORY, alive, eventually, everything_said, read_until, run_python

Started = list[subprocess.Popen[bytes]]
# A web process: answers 200 on the socket it was given, and says its number.
WEB = """
import http.server, os, socket, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
print("web is", os.getpid())
server.serve_forever()
"""
# Says its number, then what it was told, and ends; or, being stubborn, does not end.
HELPER = """
import os, signal, sys, time
def told(number, frame):
    print(signal.Signals(number).name)
    if "stubborn" not in sys.argv: sys.exit(0)
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, told)
print("helper is", os.getpid())
while True: time.sleep(10)
"""
START = """
import os, sys
from pathlib import Path
from chenu.launch.checks import reserve_port
from chenu.launch.plan import Plan
from chenu.launch.postgres import EmbeddedPostgres
from chenu.launch.terminal import take_foreground
folder, commands, embedded = Path(sys.argv[1]), eval(sys.argv[2]), len(sys.argv) > 3
group = take_foreground()
listener = reserve_port("127.0.0.1", 0)
address = f"http://127.0.0.1:{listener.getsockname()[1]}"
database = EmbeddedPostgres(folder / "postgres") if embedded else None
if database: database.start()
if "web" in commands: commands["web"].append(str(listener.fileno()))
record = database.handover() if database else None
print("supervisor is", os.getpid())
Plan(commands, os.environ["PYTHONPATH"], str(folder / "logs" / "chenu.log"), listener.fileno(), address, {}, address,
     ["Demo mode."], record, group).follow()
"""


def python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


@pytest.fixture
def started() -> Iterator[Started]:
    """The supervisors a test started; whatever is left of them is ended."""
    running: Started = []
    yield running
    for process in running:
        process.kill()
        process.wait()


def supervise(started: Started, folder: Path, *embedded: str, **commands: list[str]) -> subprocess.Popen[bytes]:
    supervisor = run_python(START, folder, commands, *embedded)
    started.append(supervisor)
    return supervisor


def read_until_all(supervisor: subprocess.Popen[bytes], *names: str) -> list[str]:
    """What it says until it is ready and each of the processes `names` has said its number."""
    lines: list[str] = []
    for wanted in ("CHE·NU is ready", *(f"{name} is " for name in names)):
        if not any(wanted in line for line in lines):
            lines += read_until(supervisor, wanted)
    return lines


def number_in(lines: list[str], who: str) -> int:
    return next(int(line.split()[-1]) for line in reversed(lines) if f"{who} is " in line)


def test_the_ready_line_has_the_address_and_the_log_has_aligned_prefixes(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, helper=python(HELPER), web=python(WEB))
    lines = read_until_all(supervisor, "helper", "web")
    if "Demo mode." not in lines:
        lines += read_until(supervisor, "Demo mode.")
    helper, web = number_in(lines, "helper"), number_in(lines, "web")
    assert f"helper    | helper is {helper}" in lines
    assert f"web       | web is {web}" in lines
    ready = lines[lines.index("Demo mode.") - 1]
    assert re.fullmatch(r"CHE·NU is ready: http://127\.0\.0\.1:\d+  \(Ctrl-C stops everything\)", ready)
    kept = (tmp_path / "logs" / "chenu.log").read_text().splitlines()
    assert any(re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ web       \| web is {web}", line) for line in kept)
    assert any(re.fullmatch(r"\S+Z chenu     \| CHE·NU is ready: http://127\.0\.0\.1:\d+", line) for line in kept)


@pytest.mark.parametrize("request_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_ends_everything_and_the_status_is_zero(
    started: Started, tmp_path: Path, request_: signal.Signals
) -> None:
    supervisor = supervise(started, tmp_path, first=python(HELPER), web=python(WEB), last=python(HELPER))
    lines = read_until_all(supervisor, "first     | helper", "last      | helper", "web")
    supervisor.send_signal(request_)
    said = everything_said(supervisor, 10)
    assert supervisor.returncode == 0
    assert sorted(line for line in said if "SIG" in line) == ["first     | SIGTERM", "last      | SIGTERM"]
    assert said[-1] == "chenu     | stopped"
    assert not any(alive(int(line.split()[-1])) for line in lines if " is " in line and "ready" not in line)


def test_the_database_is_stopped_after_those_who_use_it(started: Started, tmp_path: Path) -> None:
    user = textwrap.dedent("""
        import signal, sys, time, psycopg
        connection = psycopg.connect(sys.argv[1], autocommit=True)
        connection.execute("CREATE TABLE note (text text)")
        def finish(number, frame):
            time.sleep(0.5)
            connection.execute("INSERT INTO note VALUES ('finished')")
            sys.exit(0)
        signal.signal(signal.SIGTERM, finish)
        print("connected")
        while True: signal.pause()
    """)
    database = EmbeddedPostgres(tmp_path / "postgres")
    worker = python(user, database.dsn("chenu", "postgres"))
    supervisor = supervise(started, tmp_path, "embedded", web=python(WEB), worker=worker)
    read_until(supervisor, "connected")
    supervisor.terminate()
    assert supervisor.wait(10) == 0
    assert "database system is shut down" in database.log.read_text()
    with database, psycopg.connect(database.dsn("chenu", "postgres")) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("finished",)]


def test_a_child_that_does_not_end_is_killed_within_ten_seconds(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, web=python(WEB), helper=python(HELPER, "stubborn"))
    lines = read_until_all(supervisor, "helper", "web")
    began = time.monotonic()
    supervisor.terminate()
    said = everything_said(supervisor, 12)
    assert 4 < time.monotonic() - began < 10
    assert "chenu     | helper did not end by itself: killed" in said
    assert not alive(number_in(lines, "helper"))


def test_a_second_ctrl_c_kills_at_once(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, "embedded", web=python(WEB), helper=python(HELPER, "stubborn"))
    lines = read_until_all(supervisor, "helper", "web")
    supervisor.send_signal(signal.SIGINT)
    read_until(supervisor, "helper    | SIGTERM")
    began = time.monotonic()
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(5) == 0
    assert time.monotonic() - began < 4
    assert not alive(number_in(lines, "helper"))
    assert not EmbeddedPostgres(tmp_path / "postgres").running()


def test_a_killed_child_is_started_again_and_one_line_says_so(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, web=python(WEB))
    first = number_in(read_until(supervisor, "CHE·NU is ready"), "web")
    os.kill(first, signal.SIGKILL)
    lines = read_until(supervisor, "web is")
    assert [line for line in lines if line.startswith("chenu ")] == [
        "chenu     | web was killed by signal 9: starting it again in 1 second"
    ]
    os.kill(number_in(lines, "web"), signal.SIGTERM)
    lines = read_until(supervisor, "web is")
    assert lines[0] == "chenu     | web was killed by signal 15: starting it again in 2 seconds"


def test_visitors_wait_while_the_web_process_is_started_again(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, web=python(WEB))
    lines = read_until(supervisor, "CHE·NU is ready")
    address = next(re.search(r"http://\S+", line)[0] for line in lines if "ready" in line)
    os.kill(number_in(lines, "web"), signal.SIGKILL)
    read_until(supervisor, "starting it again")
    answer = urllib.request.urlopen(address, timeout=10).read()
    assert int(answer) == number_in(read_until(supervisor, "web is"), "web")


def test_a_killed_supervisor_leaves_nothing_behind(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, "embedded", web=python(WEB), helper=python(HELPER, "stubborn"))
    lines = read_until_all(supervisor, "helper", "web")
    database = EmbeddedPostgres(tmp_path / "postgres")
    server = int((database.data / "postmaster.pid").read_text().split()[0])
    supervisor.kill()
    everybody = [server, number_in(lines, "helper"), number_in(lines, "web")]
    assert eventually(lambda: not any(map(alive, everybody)))
    assert "database system is shut down" in database.log.read_text()


def test_a_killed_database_comes_back_with_its_rows(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, "embedded", web=python(WEB))
    read_until(supervisor, "CHE·NU is ready")
    database = EmbeddedPostgres(tmp_path / "postgres")
    with psycopg.connect(database.dsn("chenu", "postgres")) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    os.kill(int((database.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert read_until(supervisor, "database")[-1] == (
        "chenu     | database was killed by signal 9: starting it again in 1 second"
    )
    assert eventually(database.running)
    with psycopg.connect(database.dsn("chenu", "postgres")) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("kept",)]
    supervisor.terminate()
    assert supervisor.wait(10) == 0


def test_a_child_that_cannot_start_ends_everything_with_one_line(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, web=python("import sys; sys.exit('the settings are wrong')"))
    said = everything_said(supervisor)
    assert supervisor.returncode == 1
    assert said.count("web       | the settings are wrong") == 3
    log = tmp_path / "logs" / "chenu.log"
    assert said[-1] == f"CHE·NU stopped: web does not start, the reason is above and in {log}"


def test_it_says_how_to_start_when_run_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chenu.launch"], cwd=REPOSITORY, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stderr) == (2, "CHE·NU cannot start: start it with `make run` or `manage.py up`\n")


def test_the_supervisor_itself_is_small(started: Started, tmp_path: Path) -> None:
    supervisor = supervise(started, tmp_path, web=python(WEB))
    read_until(supervisor, "CHE·NU is ready")
    status = Path(f"/proc/{supervisor.pid}/status").read_text()
    assert int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) < 40_000
    assert "CHENU_LAUNCH_PLAN" in Path(f"/proc/{supervisor.pid}/environ").read_text()


def test_no_child_sees_the_plan(started: Started, tmp_path: Path) -> None:
    tell = "import os, signal; print('sees', sorted(name for name in os.environ if 'PLAN' in name)); signal.pause()"
    supervisor = supervise(started, tmp_path, web=python(WEB), helper=python(tell))
    assert "helper    | sees []" in read_until(supervisor, "sees")


def test_ctrl_c_below_make_ends_it_with_status_zero_and_without_an_error_line(tmp_path: Path) -> None:
    (tmp_path / "start.py").write_text(START)
    (tmp_path / "commands").write_text(repr({"web": python(WEB)}))
    (tmp_path / "Makefile").write_text(
        f'run:\n\t@PYTHONPATH={REPOSITORY} exec {sys.executable} start.py {tmp_path} "$$(cat commands)"\n'
    )
    make, terminal = pty.fork()
    if make == 0:
        os.chdir(tmp_path)
        os.execv(shutil.which("make"), ["make", "run"])
    said = b""
    with contextlib.suppress(OSError):  # the terminal closes when its last process has ended
        while select.select([terminal], [], [], 20)[0]:
            said += os.read(terminal, 4096)
            if b"Ctrl-C stops everything" in said and b"^C" not in said:
                os.write(terminal, b"\x03")
                said += b"^C"
    assert os.waitstatus_to_exitcode(os.waitpid(make, 0)[1]) == 0
    assert "chenu     | stopped" in said.decode()
    assert "***" not in said.decode()
    assert b"\x1b[1mCHE" in said


class TestLogBook:
    def test_it_turns_over_at_its_limit_and_keeps_three_old_files(self, tmp_path: Path) -> None:
        with open(os.devnull, "w") as nowhere:
            log = LogBook(tmp_path / "logs" / "chenu.log", terminal=nowhere, limit=200)
            for number in range(40):
                log.write("web", f"line {number:02}")
        files = sorted((tmp_path / "logs").iterdir())
        assert [file.name for file in files] == ["chenu.log", "chenu.log.1", "chenu.log.2", "chenu.log.3"]
        assert all(file.stat().st_size <= 200 for file in files)
        kept = "".join(file.read_text() for file in [files[3], files[2], files[1], files[0]])
        assert re.findall(r"line (\d\d)", kept) == [f"{number:02}" for number in range(40 - kept.count("line"), 40)]
        assert kept.count("line") > 12

    def test_it_is_for_us_alone(self, tmp_path: Path) -> None:
        with open(os.devnull, "w") as nowhere:
            LogBook(tmp_path / "logs" / "chenu.log", terminal=nowhere).write("web", "hello")
        assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "logs" / "chenu.log").stat().st_mode & 0o777 == 0o600

    def test_a_terminal_that_went_away_does_not_stop_the_file(self, tmp_path: Path) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        log = LogBook(tmp_path / "chenu.log", terminal=os.fdopen(writing, "w"))
        log.write("web", "one")
        log.write("web", "two")
        assert [line[21:] for line in (tmp_path / "chenu.log").read_text().splitlines()] == [
            "web       | one",
            "web       | two",
        ]

    def test_a_file_that_cannot_be_written_is_said_once_on_the_terminal(self, tmp_path: Path) -> None:
        (tmp_path / "chenu.log").mkdir()
        with open(tmp_path / "terminal", "w") as terminal:
            log = LogBook(tmp_path / "chenu.log", terminal=terminal)
            log.write("web", "one")
            log.write("web", "two")
        assert (tmp_path / "terminal").read_text().splitlines() == [
            f"chenu     | {tmp_path}/chenu.log cannot be written: Is a directory",
            "web       | one",
            "web       | two",
        ]
