"""Elevations as people ask for them and allow them, and what an agent then does, for the tests of their edges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.carrying import carry_out_approved
from governance.errors import CheckpointRequired
from governance.isolation.context import Channel
from governance.models import Elevation, Membership
from governance.perform import perform
from governance.rules.system import ELEVATE
from tests.cast import Person, make_person
from tests.governance.checkpoints.asking import vote

END = "governance.elevation.end"
ACROSS = {"kind": "cross_sphere", "sphere": "personal", "target_sphere": "business", "hours": 8}
SECRETS = {"kind": "sensitive_data", "sphere": "personal", "hours": 8}
WHY = "Une semaine de classement."


def asks(person: Person, identity: Any = None, **params: Any) -> dict[str, Any]:
    """The question that asking raises; without parameters: to write into another sphere."""
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        perform(ELEVATE, {"reason": WHY, **(params or ACROSS)})
    shown: dict[str, Any] = stopped.value.checkpoint
    return shown


def decides(
    person: Person, shown: dict[str, Any], identity: Any = None, decision: str = "approve", **more: Any
) -> None:
    with person.acting(identity, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown, decision), **more})


def carried_out(person: Person, shown: dict[str, Any], identity: Any = None) -> None:
    """As the worker does: in the name of who asked."""
    with person.acting(identity, channel=Channel.TASK):
        carry_out_approved(shown["id"])


def elevated(person: Person, identity: Any = None, by: Person | None = None, **params: Any) -> Elevation:
    """Asked for, allowed and in force; the row as it is then."""
    shown = asks(person, identity, **params)
    decides(by or person, shown, identity)
    carried_out(person, shown, identity)
    row = row_of(person, shown["id"], identity)
    assert row.state == "in_force"
    return row


def row_of(person: Person, pk: Any, identity: Any = None) -> Elevation:
    with person.looking(identity):
        row: Elevation = Elevation.objects.get(pk=pk)
        return row


def ends(person: Person, row: Any, identity: Any = None) -> Elevation:
    with person.acting(identity):
        done: Elevation = perform(END, {"elevation": row.pk})
        return done


def changed(person: Person, row: Elevation, identity: Any = None, **values: Any) -> None:
    """As time, or somebody past the actions, would leave it."""
    with person.acting(identity), transaction.atomic():
        Elevation.objects.filter(pk=row.pk).update(**values)


def run_out(person: Person, row: Elevation, identity: Any = None) -> None:
    changed(person, row, identity, expires_at=timezone.now() - timedelta(seconds=1))


def writes(person: Person, identity: Any = None, **more: Any) -> None:
    """Nova, at work in the personal sphere, writes a task into another one."""
    act(person, "spheres.task.create", {"title": "Semis", "sphere": "business"}, identity, **more)


def act(person: Person, name: str, params: dict[str, Any], identity: Any = None, **more: Any) -> Any:
    """What an agent does for the person: into the business sphere, unless it is said otherwise."""
    facts = {"sphere": "personal", "target_sphere": "business", **more.pop("facts", {})}
    agent = {"channel": Channel.AGENT, "agent": "nova", "run_id": uuid7(), **more}
    with person.acting(identity, **agent):
        return perform(name, params, estimate=facts)


@contextmanager
def stopping() -> Iterator[Any]:
    """The act inside is asked about."""
    with pytest.raises(CheckpointRequired) as stopped:
        yield stopped


def leaves(owner: Person, person: Person, identity: Any) -> None:
    with owner.acting(identity):
        member = Membership.objects.get(user=person.user, identity=identity).pk
        perform("governance.member.remove", {"member": member})


def another(identity: Any, role: str = "member") -> Person:
    """One more member."""
    person = make_person("Dora")
    Membership.objects.create(user=person.user, identity=identity, role=role)
    return person
