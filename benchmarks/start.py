"""How long CHE·NU takes to start, and what it weighs while nobody uses it (design 2.6, 8.1).

    python -m benchmarks.start [--small | --full]

`manage.py up` (what `make run` runs once the packages are installed) in an empty folder until /readyz says
yes; then restarts of the same installation; then, after a moment's rest, the memory of the whole group, as
the sum of proportional set sizes (shared pages count once): supervisor, database, web, worker, simulator.
The bare side, in the same run: the embedded PostgreSQL alone, made and started again.
Proves: it becomes ready each time, everything ends with it, and a restart keeps what was there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ground import ROOT, answers, settle_environment
from benchmarks.measuring import Report, figure, size_of
from chenu.launch.postgres import EmbeddedPostgres

# first starts, restarts of each, seconds of rest before weighing
SIZES = {"small": (1, 1, 2.0), "usual": (2, 4, 10.0), "full": (5, 8, 60.0)}
READY_WITHIN = 180  # seconds
LOOK_EVERY = 0.02


def main() -> None:
    size = size_of(__doc__)
    report = Report("start", size)
    starts, restarts, rest = SIZES[size]
    taken: dict[str, list[float]] = {"first": [], "restart": [], "bare_first": [], "bare_restart": []}
    for _ in range(starts):
        folder = Path(tempfile.mkdtemp(prefix="chenu-bench-"))
        settle_environment(folder)
        try:
            round_of_starts(report, folder, restarts, rest, taken)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    for kind in ("first", "restart"):
        figures = {"bare": figure([taken[f"bare_{kind}"]]), "chenu": figure([taken[kind]])}
        report.compare(kind, figures, "bare")
    report.close()


def round_of_starts(report: Report, folder: Path, restarts: int, rest: float, taken: dict[str, list[float]]) -> None:
    address = f"http://127.0.0.1:{os.environ['CHENU_PORT']}"
    bare_start(folder, taken["bare_first"])
    bare_start(folder, taken["bare_restart"])
    keys: set[bytes] = set()
    for number in range(1 + restarts):
        began = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        ready = becomes_ready(running, address)
        taken["restart" if number else "first"].append((time.perf_counter() - began) * 1e6)
        report.prove(f"ready.{number}", ready, "it became ready")
        keys.add((folder / "keys" / "secret_key").read_bytes())
        if number == restarts:
            time.sleep(rest)
            weigh(report, running.pid)
        group = family(running.pid)
        stop(running)
        left = [pid for pid in group if Path(f"/proc/{pid}/cmdline").exists()]
        report.prove(f"ended.{number}", not left, f"{len(group)} processes ended with it", left=left)
        if number:
            bare_start(folder, taken["bare_restart"])
    report.prove("kept", len(keys) == 1 and (folder / "postgres" / "data").exists(), "the installation was kept")


def bare_start(folder: Path, taken: list[float]) -> None:
    """PostgreSQL alone, in a folder beside."""
    server = EmbeddedPostgres(folder / "bare")
    began = time.perf_counter()
    server.start()
    taken.append((time.perf_counter() - began) * 1e6)
    server.stop()


def becomes_ready(running: subprocess.Popen, address: str) -> bool:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and running.poll() is None:
        if answers(f"{address}/readyz"):
            return True
        time.sleep(LOOK_EVERY)
    return False


def stop(running: subprocess.Popen) -> None:
    running.send_signal(signal.SIGINT)
    try:
        running.wait(30)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def weigh(report: Report, root: int) -> None:
    """The memory of a process and all that it started, in MB of 10⁶ bytes."""
    weights = {pid: (name_of(pid), proportional_bytes(pid)) for pid in family(root)}
    parts: dict[str, int] = {}
    for name, size in weights.values():
        parts[name] = parts.get(name, 0) + size
    whole = sum(parts.values()) / 1e6
    told = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sorted(parts.items(), key=lambda part: -part[1]))
    report.tell(
        "memory", f"{whole:.0f} MB idle: {told}", megabytes=round(whole), processes=len(weights),
        parts={name: round(size / 1e6, 1) for name, size in parts.items()},
    )  # fmt: skip


def family(root: int) -> list[int]:
    """The process and its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def proportional_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def name_of(pid: int) -> str:
    """What the process is, for the table."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "ended"
    known = {"chenu.launch": "supervisor", "chenu.asgi": "web", "manage.py worker": "worker", "postgres": "database"}
    known["agents.simulator"] = "simulator"
    return next((name for part, name in known.items() if part in command), command[:40])


if __name__ == "__main__":
    main()
