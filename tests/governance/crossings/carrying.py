"""Crossings as people carry them out, for the tests of their edges."""

from __future__ import annotations

from typing import Any

import pytest

from governance.checkpoints.carrying import carry_out_approved
from governance.crossings.models import Crossing
from governance.errors import CheckpointRequired, GovernanceError
from governance.isolation.context import Channel
from governance.models import Checkpoint
from governance.perform import perform
from spheres.models import Item
from tests.cast import Person
from tests.governance.checkpoints.asking import vote
from tests.governance.isolation.walls import superuser
from tests.spheres import makers

REQUEST, OFFER, ACCEPT = "governance.transfer.request", "governance.transfer.offer", "governance.transfer.accept"
DECLINE, REVOKE = "governance.transfer.decline", "governance.transfer.revoke"
TEXT = "Le bail de la rue Fabre."


def note(person: Person, identity: Any = None, **values: Any) -> Any:
    with person.acting(identity):
        return makers.item("Bail", **{"content": TEXT, "sphere": "business", **values})


def asks(person: Person, identity: Any, name: str, **params: Any) -> dict[str, Any]:
    """The question that an act raises."""
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        perform(name, params)
    shown: dict[str, Any] = stopped.value.checkpoint
    return shown


def agrees(person: Person, shown: dict[str, Any], identity: Any = None, decision: str = "approve") -> None:
    """Decides, and lets the worker carry it out."""
    with person.acting(identity, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown, decision)})
    carried_out(person, shown, identity)


def carried_out(person: Person, shown: dict[str, Any], identity: Any = None) -> None:
    """As the worker does: in the name of who asked."""
    with person.acting(identity, channel=Channel.TASK):
        carry_out_approved(shown["id"])


def crossed(person: Person, source: Any, identity: Any = None, **params: Any) -> Crossing:
    """Asked for and approved between spheres; the row as it is then."""
    shown = asks(person, identity, REQUEST, object=source.pk, **{"to_sphere": "creative", **params})
    agrees(person, shown, identity)
    return row_of(person, shown["id"], identity)


def offered(person: Person, source: Any, here: Any, there: Any, **params: Any) -> tuple[Crossing, Crossing]:
    """Asked for and approved where it is; the rows of either side."""
    shown = asks(person, here, OFFER, object=source.pk, to_identity=there.pk, **params)
    agrees(person, shown, here)
    out = row_of(person, shown["id"], here)
    assert out.state == "offered"
    return out, row_of(person, out.twin_id, there)


def accepted(person: Person, arrived: Crossing, there: Any, sphere: str = "personal") -> Crossing:
    shown = asks(person, there, ACCEPT, transfer=arrived.pk, sphere=sphere)
    agrees(person, shown, there)
    return row_of(person, arrived.pk, there)


def row_of(person: Person, pk: Any, identity: Any = None) -> Crossing:
    with person.looking(identity):
        row: Crossing = Crossing.objects.get(pk=pk)
        return row


def item_of(person: Person, pk: Any, identity: Any = None) -> Item:
    with person.looking(identity):
        row: Item = Item.objects.get(pk=pk)
        return row


def read(person: Person, pk: Any, identity: Any = None) -> str:
    """What the person reads of an item."""
    with person.acting(identity):
        return str(perform("spheres.item.read", {"item": pk}).content)


def status_of_question(person: Person, pk: Any, identity: Any = None) -> str:
    with person.looking(identity):
        return str(Checkpoint.objects.get(pk=pk).status)


def refused(person: Person, identity: Any, name: str, **params: Any) -> GovernanceError:
    with person.acting(identity), pytest.raises(GovernanceError) as refusal:
        perform(name, params)
    assert not isinstance(refusal.value, CheckpointRequired)
    return refusal.value


def parcels(crossing: Any) -> int:
    with superuser() as admin:
        found = admin.execute("SELECT count(*) FROM governance_crossingparcel WHERE crossing_id = %s", [crossing.pk])
        return int(found.fetchone()[0])
