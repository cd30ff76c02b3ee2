"""One of the eighteen providers as it ships, at the simulator's address."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from agents.llm.catalogue import model_facts, provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import Answer, Endpoint, ModelRequest, Patience, Stop
from agents.llm.facts import ModelFacts
from agents.llm.wires import send

ROWS = {row["id"]: row for row in shipped()[0]["providers"]}
PROVIDERS = list(ROWS)
QUICK = Patience(connect=2, read=10, total=20)
NOTE = {
    "name": "note__keep",
    "description": "Keep a note",
    "input_schema": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
}


def facts_of(provider: str, model: str = "") -> ModelFacts:
    """A model as it ships: the provider's usual one, or the one of that id."""
    row = ROWS[provider]
    found = next(each for each in row["models"] if each["id"] == (model or row["default_model"]))
    return model_facts(row, found, shipped()[1])


def with_tools(provider: str) -> ModelFacts | None:
    """A chat model of the provider that calls tools: the usual one, else any."""
    row, version = ROWS[provider], shipped()[1]
    found = [
        model_facts(row, each, version) for each in row["models"] if not each["retired"] and each["kind"] == "chat"
    ]
    found.sort(key=lambda each: each.id != row["default_model"])
    return next((each for each in found if each.supports["tools"]), None)


@dataclass(slots=True)
class Provider:
    """A provider, and how the simulator is spoken to as if it were that one."""

    id: str
    url: str
    heard: list[str] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)

    @property
    def endpoint(self) -> Endpoint:
        facts = provider_facts(ROWS[self.id])
        path = f"/p/{self.id}" + ("/v1" if facts.wire == "openai" else "")
        return Endpoint(facts, self.url + path, "" if self.id == "ollama" else "key", named=True)

    def request(self, text: str, *, model: ModelFacts | None = None, **more: Any) -> ModelRequest:
        said = [{"role": "user", "content": text}]
        whole = {"system": "Be brief.", "messages": said, "tools": [], "max_tokens": 256, **more}
        return ModelRequest(model=model or facts_of(self.id), **whole)

    def ask(self, text: str, patience: Patience = QUICK, **more: Any) -> Answer:
        return self.send(self.request(text, **more), patience)

    def send(self, request: ModelRequest, patience: Patience = QUICK) -> Answer:
        return send(self.endpoint, request, self.heard.append, self.stop, patience)

    def failure(self, text: str, patience: Patience = QUICK, **more: Any) -> CallFailed:
        """The failure of a call that must fail."""
        try:
            answer = self.ask(text, patience, **more)
        except CallFailed as failed:
            return failed
        raise AssertionError(f"{self.id} answered: {answer}")

    def seen(self, name: str) -> int:
        """What the simulator counts."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/healthz")
            return int(json.loads(connection.getresponse().read())[name])
        finally:
            connection.close()

    def wait_until(self, name: str, value: int) -> None:
        until = time.monotonic() + 5
        while self.seen(name) < value and time.monotonic() < until:
            time.sleep(0.01)
        assert self.seen(name) >= value


def without(model: ModelFacts, *quirks: str, **changed: Any) -> ModelFacts:
    """The model as it would be, had nobody written these quirks down."""
    left = {name: value for name, value in model.quirks.items() if name not in quirks}
    return replace(model, quirks={**left, **changed})


Change = Callable[[ModelFacts], ModelFacts]
