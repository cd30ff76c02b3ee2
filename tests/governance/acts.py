"""Actions that exist for one test only, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson

from governance.audit.vault import SALT, unseal
from governance.models import AuditEntry
from governance.people.policies import may_write
from governance.registry import actions
from governance.registry.actions import Effect, Params, action
from tests.cast import Person


class Note(Params):
    """Parameters of the test's acts."""

    text: str = "x"
    secret: str = ""
    number: int = 0


@contextmanager
def declared(name: str, change: Callable[[Any, Any], Any], **options: Any) -> Iterator[str]:
    """Declares an action for the block: any member may write, unless `policy` says otherwise."""
    settings = {"params": Note, "policy": may_write, "label": name} | options
    effect = settings.pop("effect", Effect.UPDATE)
    action(name, effect, **settings)(change)
    try:
        yield name
    finally:
        del actions._actions[name]


def entries_of(person: Person, identity: Any = None) -> list[AuditEntry]:
    with person.looking(identity):
        return list(AuditEntry.objects.in_order())


def bodies_of(person: Person, identity: Any = None) -> list[dict[str, Any]]:
    return [orjson.loads(bytes(entry.body)) for entry in entries_of(person, identity)]


def payload_of(person: Person, entry: AuditEntry, identity: UUID | None = None) -> dict[str, Any]:
    chosen = identity or person.identity.pk
    with person.looking():
        return orjson.loads(unseal(chosen, "audit", bytes(entry.payload))[SALT:])
