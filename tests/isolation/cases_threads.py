"""The isolation matrix of threads: every URL, with Alice's object for it."""

from __future__ import annotations

from typing import Any

from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case


def a_thread(alice: Person) -> dict[str, Any]:
    """A thread in which something was said and decided."""
    with alice.acting():
        thread = perform("threads.thread.create", {"title": MARK, "sphere": "business"}).pk
        perform("threads.message.add", {"thread": thread, "content": f"{MARK}, said"})
        perform("threads.decision.propose", {"thread": thread, "statement": f"{MARK}, proposed"})
    return {"thread": thread}


def a_resolved_thread(alice: Person) -> dict[str, Any]:
    found = a_thread(alice)
    with alice.acting():
        perform("threads.thread.resolve", found)
    return found


def a_message(alice: Person) -> dict[str, Any]:
    found = a_thread(alice)
    with alice.acting():
        return found | {"message": perform("threads.message.add", {**found, "content": MARK}).pk}


def a_proposal(alice: Person) -> dict[str, Any]:
    found = a_thread(alice)
    with alice.acting():
        return found | {"decision": perform("threads.decision.propose", {**found, "statement": MARK}).pk}


def a_decision(alice: Person) -> dict[str, Any]:
    found = a_proposal(alice)
    with alice.acting():
        perform("threads.decision.adopt", {"decision": found["decision"]})
    return found


def nothing_of(alice: Person) -> dict[str, Any]:
    a_thread(alice)
    return {}


def in_business(alice: Person) -> dict[str, Any]:
    return nothing_of(alice) | {"sphere": "business"}


NEW_THREAD = {"title": "Bail", "type": "conversation"}
SAID = {"content": "Bonjour"}
DECIDED = {"statement": "Renouveler", "type": "approval"}

CASES = [
    Case("thread-list", ("GET", "POST"), nothing_of, NEW_THREAD | {"sphere": "personal"}, whole=True),
    Case("sphere-threads", ("GET", "POST"), in_business, NEW_THREAD, whole=True),
    Case("thread-detail", make=a_thread),
    Case("thread-stream", make=a_thread),
    Case("thread-message-add", ("POST",), a_thread, SAID),
    Case("thread-message-correct", ("POST",), a_message, SAID),
    Case("thread-rename", ("POST",), a_thread, {"title": "Autre"}),
    Case("thread-archive", ("POST",), a_thread),
    Case("thread-resolve", ("POST",), a_thread),
    Case("thread-reopen", ("POST",), a_resolved_thread),
    Case("thread-decisions", ("GET", "POST"), a_thread, DECIDED),
    Case("thread-decision-adopt", ("POST",), a_proposal),
    Case("thread-decision-supersede", ("POST",), a_decision, DECIDED),
    Case("api-threads", ("GET", "POST"), nothing_of, NEW_THREAD | {"sphere": "personal"}, whole=True),
    Case("api-thread", ("GET", "PATCH", "DELETE"), a_thread, {"title": "Autre"}),
    Case("api-thread-resolve", ("POST",), a_thread),
    Case("api-thread-reopen", ("POST",), a_resolved_thread),
    Case("api-thread-messages", ("GET", "POST"), a_thread, SAID),
    Case("api-thread-message-correct", ("POST",), a_message, SAID),
    Case("api-thread-decisions", ("GET", "POST"), a_thread, DECIDED),
    Case("api-thread-decision-adopt", ("POST",), a_proposal),
    Case("api-thread-decision-supersede", ("POST",), a_decision, DECIDED),
]
