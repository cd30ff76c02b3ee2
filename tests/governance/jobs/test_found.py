"""A job that no process imports is never run: each room's jobs are found through its app's `tasks`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOADED = """
import importlib, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
import django
django.setup()
importlib.import_module(sys.argv[1])
print(*sorted(name for name in sys.modules if name.startswith(sys.argv[2])))
"""


@pytest.mark.parametrize("app", ["agents", "governance"])
def test_every_module_of_jobs_is_found_by_the_worker(app: str) -> None:
    there = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / app).rglob("tasks.py")}
    there.discard("governance.jobs.tasks")  # the registry's own, which it brings along
    command = [sys.executable, "-c", LOADED, f"{app}.tasks", f"{app}."]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert there
    assert there - set(loaded) == set()
