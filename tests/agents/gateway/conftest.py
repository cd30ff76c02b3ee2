"""A running installation, and the unmodified clients of both wires with a token of a new person."""

from __future__ import annotations

import itertools
import json
import os
import urllib.request
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest

from tests.cast import PASSWORD
from tests.e2e.conftest import Installation, house, installation

__all__ = ["house", "installation"]
_numbers = itertools.count(1)


@dataclass
class Caller:
    """A registered person of the running installation: by sign-in, and by a named token."""

    url: str
    access: str
    token: str

    def openai(self, token: str = "", **more: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=token or self.token, **more)

    def anthropic(self, token: str = "", **more: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=self.url, api_key=token or self.token, **more)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return call(self.url, method, path, body, self.access)

    def token_for(self, *scopes: str) -> str:
        made = self.api("POST", "auth/tokens/", {"name": "client", "scopes": list(scopes)})
        return str(made["token"])

    def approve(self, checkpoint: str) -> None:
        found = self.api("GET", f"governance/checkpoints/{checkpoint}/")
        body = {"decision": "approve", "envelope_digest": found["envelope_digest"]}
        self.api("POST", f"governance/checkpoints/{checkpoint}/decision/", body)

    def settled(self) -> list[dict[str, Any]]:
        """What each call has cost, in the ledger."""
        rows = self.api("GET", "governance/ledger/?limit=100")["results"]
        return [{**row, "pico_usd": -row["pico_usd"]} for row in rows if row["kind"] == "settle"]


def call(url: str, method: str, path: str, body: Any = None, access: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{url}/api/v2/{path}", data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def make_caller(url: str) -> Caller:
    person = {"email": f"caller-{os.getpid()}-{next(_numbers)}@example.com", "password": PASSWORD}
    made = call(url, "POST", "auth/register/", {**person, "display_name": "Zoé", "language": "fr"})
    caller = Caller(url, made["access"], "")
    caller.token = caller.token_for("llm:complete")
    return caller


@pytest.fixture
def caller(installation: Installation) -> Caller:
    return make_caller(installation.url)


@pytest.fixture
def other(installation: Installation) -> Caller:
    return make_caller(installation.url)
