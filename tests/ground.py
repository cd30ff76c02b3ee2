"""Loaded before Django reads its settings: where this run's throw-away PostgreSQL lives (design 8.3)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chenu.launch.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
SERVER_DIR = "CHENU_TEST_DIR"
IS_CONTROLLER = SERVER_DIR not in os.environ
if IS_CONTROLLER:
    os.environ[SERVER_DIR] = tempfile.mkdtemp(prefix="chenu-tests-")
    os.environ["CHENU_DATA_DIR"] = os.environ[SERVER_DIR]
    os.environ["CHENU_DEMO"] = "1"
    os.environ["CHENU_SIGNUP"] = "open"

_server = EmbeddedPostgres(Path(os.environ[SERVER_DIR]) / "postgres", durable=False)


def pytest_configure(config: pytest.Config) -> None:
    """One server for the run, started by the controlling process; workers find it in their environment."""
    if IS_CONTROLLER:
        _server.start()
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, check=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if IS_CONTROLLER:
        _server.stop()
        shutil.rmtree(os.environ[SERVER_DIR], ignore_errors=True)


def admin_dsn() -> str:
    """Connects as the throw-away server's superuser."""
    return f"host={_server.socket_dir} user=chenu dbname=postgres"
