"""What the tests of the registry share: a fresh picture, no demonstration, and a provider that answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from agents.llm.registry.models import InstallationKey
from agents.llm.registry.snapshot import forget

GOOD = "sk-good-7f3a91c2e8"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    """Nothing in memory, and no key of the installation: what a test has given is taken back."""
    InstallationKey.objects.all().delete()
    forget()
    yield
    InstallationKey.objects.all().delete()
    forget()


@pytest.fixture
def for_real(settings: Any) -> None:
    """No demonstration, and nothing in the environment."""
    settings.DEMO_MODE = False
    settings.PROVIDER_KEYS, settings.PROVIDER_BASE_URLS = {}, {}


class Provider(BaseHTTPRequestHandler):
    """A provider on the OpenAI wire that lists its models to who has the right key."""

    asked: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        self.asked.append((self.path, given))
        good = given == f"Bearer {GOOD}"
        body = b'{"object": "list", "data": []}' if good else b'{"error": {"message": "no"}}'
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def groq(settings: Any, for_real: None) -> Iterator[list[tuple[str, str]]]:
    """Groq as the operator has set it: on this machine; what it was asked, with which key."""
    Provider.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.PROVIDER_BASE_URLS = {"groq": f"http://127.0.0.1:{server.server_port}/v1"}
    yield Provider.asked
    server.shutdown()
    server.server_close()
