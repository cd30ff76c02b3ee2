"""The README's own lines, run as a stranger would paste them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation
from tests.ground import ROOT

pytestmark = [pytest.mark.e2e]


def lines_of(heading: str) -> str:
    """The shell block under a heading of the README."""
    text = (ROOT / "README.md").read_text().split(f"## {heading}", 1)[1]
    found = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_readmes_curl_lines_carry_the_main_job(installation: Installation, tmp_path: Path) -> None:
    script = lines_of("The same by program").replace("http://127.0.0.1:8000", installation.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", separated(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    asked, stopped, decided, run, ledger, audit, verified = map(json.loads, done.stdout.split("\x1e")[:-1])
    assert (asked["status"], [lane["lane"] for lane in asked["lanes"]]) == ("completed", list("ABCDEFG"))
    assert (stopped["status"], stopped["code"]) == (423, "checkpoint_required")
    assert stopped["checkpoint"]["preview"]["to"] == ["paul@example.com"]
    assert decided["checkpoint"]["status"] in {"approved", "executed"}
    assert run["id"] == stopped["run_id"]
    assert {row["kind"] for row in ledger["results"]} >= {"hold", "release", "settle"}
    assert "governance.message.send" in {entry["action"] for entry in audit["results"]}
    assert verified["ok"] is True


def separated(script: str) -> str:
    """Ends each printed answer with a separator; the script is otherwise unchanged."""
    return re.sub(r"(?m)^(curl (?:[^\n]|\\\n)*?)(?<!\\)\n", r"\1\nprintf '\\036'\n", script)
