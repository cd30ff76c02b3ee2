"""Short ways to write rules and to act under them."""

from __future__ import annotations

from typing import Any

from governance.models import Rule, Verdict
from governance.perform import perform
from tests.cast import Person
from tests.spheres import makers

CONTENT: dict[str, Any] = {
    "name": "Pas de notes par programme",
    "effect": "deny",
    "conditions": [{"key": "action", "op": "eq", "value": "spheres.task.create"}],
}


def write(person: Person, identity: Any = None, **changes: Any) -> Rule:
    """A draft."""
    with person.acting(identity):
        return perform("governance.rule.create", CONTENT | changes)  # type: ignore[no-any-return]


def publish(person: Person, row: Rule, identity: Any = None) -> Rule:
    with person.acting(identity):
        return perform("governance.rule.publish", {"rule": row.pk})  # type: ignore[no-any-return]


def in_force(person: Person, identity: Any = None, **changes: Any) -> Rule:
    return publish(person, write(person, identity, **changes), identity)


def again(person: Person, row: Rule) -> Rule:
    with person.looking():
        return Rule.objects.get(pk=row.pk)  # type: ignore[no-any-return]


def make_task(person: Person, title: str = "Semis") -> Any:
    with person.acting():
        return makers.task(title, sphere="personal")


def last_verdict(person: Person) -> Verdict:
    with person.looking():
        return Verdict.objects.order_by("-id")[0]  # type: ignore[no-any-return]
