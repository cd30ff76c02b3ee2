"""The isolation matrix of memory: its pages and its API."""

from __future__ import annotations

from typing import Any

from uuid_utils.compat import uuid7

from governance.models import MemoryItem
from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case

RULE = {"type": "agent", "category": "rule", "text": "Cite tes sources"}
FORM = {
    "type": "agent",
    "category": "rule",
    "text": "Cite tes sources",
    "sensitivity": "internal",
    "audience": "viewer",
}


def a_memory(alice: Person) -> dict[str, Any]:
    with alice.acting():
        return {"memory": perform("governance.memory.create", RULE | {"text": f"Cite {MARK}"}).pk}


def archived(alice: Person) -> dict[str, Any]:
    kwargs = a_memory(alice)
    with alice.acting():
        perform("governance.memory.archive", kwargs)
    return kwargs


def pinned(alice: Person) -> dict[str, Any]:
    kwargs = a_memory(alice)
    with alice.acting():
        perform("governance.memory.pin", kwargs)
    return kwargs


def proposed(alice: Person) -> dict[str, Any]:
    with alice.acting(token_id=uuid7()):
        return {"memory": perform("governance.memory.create", RULE | {"text": f"Cite {MARK}"}).pk}


def its_digest(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    with alice.looking():
        return {"digest": MemoryItem.objects.get(pk=kwargs["memory"]).digest}


CHANGES = {"version": "1", "text": "Cite deux sources", "category": "rule", "sensitivity": "internal"}

CASES = [
    Case("memory", make=lambda alice: a_memory(alice) and {}, whole=True),
    Case("memory-new", ("GET", "POST"), lambda alice: a_memory(alice) and {}, FORM, whole=True),
    Case("memory-detail", make=a_memory),
    Case("memory-edit", ("GET", "POST"), a_memory, CHANGES),
    Case("memory-move", ("POST",), a_memory, {"to": "pin"}),
    Case("memory-approve", ("POST",), proposed, its_digest),
    Case("memory-reject", ("POST",), proposed),
    Case("memory-forget", ("POST",), a_memory),
    Case("api-memories", ("GET", "POST"), lambda alice: a_memory(alice) and {}, RULE, whole=True),
    Case("api-memory-search", make=lambda alice: a_memory(alice) and {}, whole=True),
    Case("api-memory-laws", whole=True),
    Case("api-memory", ("GET", "PATCH", "DELETE"), a_memory, {"text": "Cite deux sources"}),
    Case("api-memory-uses", make=a_memory),
    Case("api-memory-approve", ("POST",), proposed, its_digest),
    Case("api-memory-reject", ("POST",), proposed),
    Case("api-memory-pin", ("POST",), a_memory),
    Case("api-memory-unpin", ("POST",), pinned),
    Case("api-memory-archive", ("POST",), a_memory),
    Case("api-memory-restore", ("POST",), archived),
]
