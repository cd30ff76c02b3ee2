"""The real simulator process, once per test session, and the real client that talks to it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MODEL = "claude-sonnet-5-5"


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agents.simulator", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start a simulator process with these arguments."""
    return _start


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    process = _start("--port", "0")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator listening on http://127.0.0.1:"), line
        yield line.rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def client(simulator_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator_url, api_key="x", max_retries=0, timeout=10) as found:
        yield found


class Raw:
    """Plain HTTP, for what the client hides."""

    def __init__(self, url: str) -> None:
        self._address = url.removeprefix("http://")

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address, timeout=10)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body; a dict is sent as JSON."""
        connection = self.connection()
        try:
            sent = json.dumps(body).encode() if isinstance(body, dict) else body
            connection.request(method, path, sent, {"x-api-key": "x"} if headers is None else headers)
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    def refusal(self, body: Any, path: str = "/v1/messages") -> dict[str, Any]:
        """The error of a body that must be refused with 400."""
        status, _, answer = self.call("POST", path, body)
        assert status == 400, answer
        found = json.loads(answer)
        assert found["type"] == "error"
        return found["error"]


@pytest.fixture
def raw(simulator_url: str) -> Raw:
    return Raw(simulator_url)


@pytest.fixture
def question() -> Callable[..., dict[str, Any]]:
    """The keyword arguments of a one-message request."""

    def build(text: str, **more: Any) -> dict[str, Any]:
        return {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": text}], **more}

    return build
