"""The isolation matrix of agents: every URL, with Alice's object for it."""

from __future__ import annotations

from typing import Any

from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case


def a_run(alice: Person) -> dict[str, Any]:
    """A run that asks its person: it neither waits for a worker nor counts as one of five under way."""
    with alice.acting():
        return {"run": perform("agents.run.start", {"text": f"{UNCLEAR} {MARK}", "sphere": "business"}).pk}


def a_thread(alice: Person) -> dict[str, Any]:
    with alice.acting():
        return {"thread": perform("threads.thread.create", {"title": MARK, "sphere": "business"}).pk}


def a_run_somewhere(alice: Person) -> dict[str, Any]:
    a_run(alice)
    return {}


def in_business(alice: Person) -> dict[str, Any]:
    return a_run_somewhere(alice) | {"sphere": "business"}


def a_decision(alice: Person) -> dict[str, Any]:
    with alice.acting():
        asked = {"strategy": "specific", "model": MARK}
        return {"decision": perform("agents.route.decide", asked).pk}


def some_decision(alice: Person) -> dict[str, Any]:
    a_decision(alice)
    return {}


UNCLEAR = "Supprime toutes mes notes"
ANSWER = {"answer": "Seulement la plus ancienne"}
ENCODING = {"encoding": "ACT:DEC SRC:DOC SCOPE:LOCK MODE:NONE SENS:1 TRACE:1"}

CHAT = {"messages": [{"role": "user", "content": "Bonjour"}], "model": "nobody-9"}

CASES = [
    Case("api-llm-complete", ("POST",), some_decision, CHAT, whole=True, answers=(404,)),
    Case("gateway-chat", ("POST",), some_decision, CHAT, whole=True, answers=(404,)),
    Case("gateway-messages", ("POST",), some_decision, {**CHAT, "max_tokens": 99}, whole=True, answers=(404,)),
    Case("gateway-models", make=some_decision, whole=True),
    Case("routing", ("GET", "POST"), some_decision, {"prefer-strategy": "balanced"}, whole=True),
    Case("api-llm-route", ("POST",), some_decision, {"task": "chat"}, whole=True),
    Case("api-routing-decide", ("POST",), some_decision, {"task": "chat"}, whole=True),
    Case("api-routing-decisions", make=some_decision, whole=True),
    Case("api-routing-decision", make=a_decision),
    Case("api-routing-preferences", ("GET", "PATCH"), some_decision, {"strategy": "balanced"}, whole=True),
    Case("run-list", make=a_run_somewhere, whole=True),
    Case("run-detail", make=a_run),
    Case("run-card", make=a_run),
    Case("run-stop", ("POST",), a_run),
    Case("run-answer", ("POST",), a_run, ANSWER),
    Case("run-retry", ("POST",), a_run),
    Case("thread-ask", ("POST",), a_thread, {"content": UNCLEAR}),
    Case("sphere-ask", ("GET", "POST"), in_business, {"text": UNCLEAR}, whole=True),
    Case("api-nova-query", ("POST",), a_run_somewhere, {"text": UNCLEAR, "sphere": "personal"}, whole=True),
    Case("api-nova-runs", make=a_run_somewhere, whole=True),
    Case("api-nova-history", make=a_run_somewhere, whole=True),
    Case("api-nova-run", make=a_run),
    Case("api-nova-status", make=a_run),
    Case("api-nova-continue", ("POST",), a_run, ANSWER),
    Case("api-nova-encoding", ("PATCH",), a_run, ENCODING),
    Case("api-nova-cancel", ("POST",), a_run),
    Case("api-nova-intent-types", make=a_run_somewhere, whole=True),
]
