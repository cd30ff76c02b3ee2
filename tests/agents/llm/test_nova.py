"""Nova is locked to Claude: another provider, wire, host or name is refused before anything is sent."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace

import pytest

from agents.llm import nova
from agents.llm.catalogue import model, provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint, ModelRequest, Stop

pytestmark = [pytest.mark.security, pytest.mark.usefixtures("simulator")]
ROWS = {row["id"]: row for row in shipped()[0]["providers"]}


def request(**more: object) -> ModelRequest:
    said = [{"role": "user", "content": "#sim text bonjour"}]
    whole = {"model": model("claude-sonnet-5-5"), "system": "", "messages": said, "tools": [], "max_tokens": 100}
    return ModelRequest(**{**whole, "exact_model": True, **more})  # type: ignore[arg-type]


def requests_seen(url: str) -> int:
    with urllib.request.urlopen(f"{url}/healthz") as reply:
        return json.loads(reply.read())["requests"]


def send(endpoint: Endpoint, asked: ModelRequest) -> str:
    return nova.send(endpoint, asked, lambda _: None, Stop()).text


def test_claude_answers() -> None:
    assert send(nova.endpoint(), request()) == "bonjour"


@pytest.mark.parametrize("provider", [name for name in ROWS if name != "anthropic"])
def test_no_other_provider_is_asked(simulator: str, provider: str) -> None:
    seen = requests_seen(simulator)
    other = Endpoint(provider_facts(ROWS[provider]), f"{simulator}/p/{provider}/v1", "key", named=True)
    with pytest.raises(CallFailed, match="Claude only") as failed:
        send(other, request())
    assert (failed.value.code, failed.value.retryable, failed.value.input_tokens) == ("locked", False, 0)
    assert requests_seen(simulator) == seen


def test_no_other_model_wire_or_host_is_asked(simulator: str) -> None:
    seen, home = requests_seen(simulator), nova.endpoint()
    other_wire = replace(home, provider=replace(home.provider, wire="openai"))
    elsewhere = replace(home, base_url=simulator.replace("127.0.0.1", "localhost"))
    impostor = replace(model("claude-sonnet-5-5"), provider="deepseek")  # its own wire accepts Claude's names
    other_name = replace(model("claude-sonnet-5-5"), id="sonnet")
    for endpoint, asked in (
        (other_wire, request()),
        (elsewhere, request()),
        (home, request(model=impostor)),
        (home, request(model=other_name)),
        (home, request(exact_model=False)),
    ):
        with pytest.raises(CallFailed, match="Claude only"):
            send(endpoint, asked)
    assert requests_seen(simulator) == seen


def test_who_answers_under_another_name_is_not_heard() -> None:
    heard: list[str] = []
    said = [{"role": "user", "content": "#sim model claude-haiku-4-5\n#sim long 40"}]
    with pytest.raises(CallFailed) as failed:
        nova.send(nova.endpoint(), request(messages=said), heard.append, Stop())
    assert failed.value.code == "wrong_model"
    assert heard == []
    assert failed.value.input_tokens > 0
