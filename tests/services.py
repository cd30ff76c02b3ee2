"""Real neighbours for tests: the provider simulator as its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ground import ROOT


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    """The address of a simulator that lives as long as the session."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agents.simulator", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, line
    yield line.split()[-1]
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def simulator(simulator_url: str, settings: Any) -> str:
    """Nova's calls go to the simulator for this test."""
    settings.ANTHROPIC_BASE_URL = simulator_url
    return simulator_url
