"""Each benchmark runs in its smallest size, and its proofs hold. No time is judged here (design 8)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measuring import Report, figure, quantile, side_by_side
from tests.ground import ROOT

# Each names the proofs without which it would prove nothing; more may hold.
PROOFS = {
    "holds": {"granted", "held", "held.sums", "ended", "settled", "settled.sums"},
    "limits": {"postgres.window", "postgres.burst", "redis.window", "redis.burst", "redis.lost", "redis.back"},
    "resumes": {"answers", "mails", "left", "executions", "entries", "states", "chains"},
    "kills": {"over", "mails", "once", "ledger", "chains"},
    "isolation": {"clean", "found", "undone"},
    "exports": {"bare", "clean.verify.py", "clean.replay.py", "mutations", "entries", "verdicts"},
    "writes": {"write.chain", "append.kept", "append.chains", "verify.whole"},
    "runs": {"run.completed", "worker.completed", "http.answers", "chains"},
    "pages": {"rows", "queries.api.threads", "queries.api.tasks", "queries.tasks", "queries.most", "tasks.same"},
    "live": {"frames"},
    "routing": {"equal", "complete", "pure", "nova"},
    "whatif": {"record", "draft"},
    "start": {"ready.0", "ready.1", "ended.0", "ended.1", "kept"},
}


def run(name: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and findings of `python -m benchmarks.NAME --small`."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--small"],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_every_benchmark_is_listed_here_and_in_the_readme() -> None:
    written = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()}
    assert written == set(PROOFS)
    readme = (ROOT / "benchmarks" / "README.md").read_text()
    assert set(re.findall(r"python -m benchmarks\.(\w+)", readme)) == written


@pytest.mark.benchmark
@pytest.mark.parametrize("name", sorted(set(PROOFS) - {"start"}))
def test_its_proofs_hold_in_the_smallest_size(name: str, database: str) -> None:
    """In the database of this test run: each makes its own people there."""
    from tests.governance.live.processes import environment

    status, found = run(name, **environment(), CHENU_BENCH_BORROWED="1")
    proofs = {line["what"]: line["holds"] for line in found if line.get("proof")}
    assert [what for what, holds in proofs.items() if not holds] == []
    assert proofs.keys() >= PROOFS[name]
    assert (status, found[-1]["what"], found[-1]["failed"]) == (0, "end", 0)


@pytest.mark.benchmark
def test_it_starts_restarts_and_ends_with_everything() -> None:
    status, found = run("start")
    proofs = {line["what"]: line["holds"] for line in found if line.get("proof")}
    assert all(proofs.values())
    assert proofs.keys() >= PROOFS["start"]
    (memory,) = [line for line in found if line["what"] == "memory"]
    assert memory["parts"].keys() == {"supervisor", "database", "web", "worker", "simulator"}
    assert status == 0


def test_a_proof_that_fails_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("some", "small")
    report.prove("one", True, "it holds")
    report.prove("two", False, "it does not")
    with pytest.raises(SystemExit) as end:
        report.close()
    assert end.value.code == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["what"], line.get("holds")) for line in told] == [("one", True), ("two", False), ("end", None)]


def test_a_figure_is_the_median_of_its_rounds() -> None:
    found = figure([[1.0, 2.0, 9.0], [4.0, 5.0, 6.0], [3.0, 3.0, 3.0]])
    assert (found.p50, found.low, found.high, found.p99, found.n) == (3.0, 2.0, 5.0, 9.0, 9)
    assert quantile(list(range(100)), 0.99) == 99


def test_cases_take_turns() -> None:
    order: list[str] = []
    cases = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    found = side_by_side(cases, rounds=2, each=2, warm=1)
    assert "".join(order) == "ab" + "aabb" * 2
    assert {name: one.n for name, one in found.items()} == {"a": 4, "b": 4}


def test_nobody_elses_settings_reach_a_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.ground import FOREIGN, settle_environment

    for name in ("CHENU_DATA_DIR", "CHENU_DEMO", "CHENU_SIGNUP", "CHENU_PORT", "CHENU_SIMULATOR_PORT"):
        monkeypatch.setenv(name, "0")
    for name in (*FOREIGN, "CHENU_MONTHLY_USD_CAP", "CHENU_LOG_LEVEL"):
        monkeypatch.setenv(name, "postgresql://somebody@production/chenu")
    settle_environment(tmp_path)
    assert os.environ["CHENU_DATA_DIR"] == str(tmp_path)
    assert {os.environ.get(name, "") for name in FOREIGN} == {""}
