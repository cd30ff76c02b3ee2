"""A whole installation of its own, as `make run` starts it, and a real browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ground import ROOT
from tests.oidc import CLIENT, SECRET, Provider, served

CHROMIUM = "/usr/bin/chromium"
START_WITHIN = 120  # seconds


class Installation:
    """Where a running CHE·NU is found, by browser and on disk."""

    def __init__(self, url: str, data: Path, house: Provider) -> None:
        self.url, self.data, self.house = url, data, house

    def mails(self) -> list[str]:
        """The e-mails that have left, as text."""
        return [path.read_text(errors="replace") for path in sorted((self.data / "outbox").glob("*.eml"))]


@pytest.fixture(scope="session")
def house() -> Iterator[Provider]:
    """The outside accounts that the installation accepts."""
    with served() as found:
        yield found


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, house: Provider) -> Iterator[Installation]:
    data, port = tmp_path_factory.mktemp("installation"), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHENU_", "DATABASE_"))}
    environment |= {
        "CHENU_DATA_DIR": str(data),
        "CHENU_PORT": str(port),
        "CHENU_SIMULATOR_PORT": str(free_port()),
        "CHENU_DEMO": "1",
        "CHENU_LIMITS_SCALE": "100",
        "CHENU_TRUSTED_PROXIES": "127.0.0.1",
        "CHENU_OIDC_URL": house.url,
        "CHENU_OIDC_CLIENT_ID": CLIENT,
        "CHENU_OIDC_CLIENT_SECRET": SECRET,
        "CHENU_OIDC_NAME": "Voisins",
    }
    log = (data / "up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process, data / "up.log")
        yield Installation(url, data, house)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        log.close()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"not ready within {START_WITHIN} s:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def launched() -> Iterator[Any]:
    """A browser for the block: Playwright leaves a running loop in its thread for as long as it lives."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def chromium() -> Iterator[Any]:
    """A browser for one test."""
    with launched() as browser:
        yield browser


@pytest.fixture
def page(chromium: Any, installation: Installation) -> Iterator[Any]:
    """A fresh browser profile at a desktop's size, in French; the test fails on any console error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="fr-CA", base_url=installation.url)
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
