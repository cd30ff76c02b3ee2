"""The isolation matrix of crossings: between spheres, and what waits between two identities."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from governance.crossings.models import Crossing
from governance.errors import CheckpointRequired
from governance.models import Identity
from governance.perform import perform
from tests.cast import Person
from tests.governance.crossings.carrying import crossed, offered
from tests.isolation.case import MARK, Case
from tests.isolation.cases_spheres import an_item
from tests.spheres import makers

SPHERE = {"sphere": "team"}
NOBODYS = {"object": str(UUID(int=7)), "to_sphere": "creative"}


def something(alice: Person) -> Any:
    with alice.acting():
        return makers.item(MARK, content=f"{MARK} in the text")


def to_take(alice: Person) -> dict[str, Any]:
    return {"kind": "item", "object": an_item(alice)["item"]}


def a_question(alice: Person) -> dict[str, Any]:
    """A crossing that waits for approval."""
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.transfer.request", {"object": something(alice).pk, "to_sphere": "creative"})
    return {"transfer": stopped.value.checkpoint["id"]}


def vote_on(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    with alice.looking():
        question = Crossing.objects.select_related("checkpoint").get(pk=kwargs["transfer"]).checkpoint
        return {"envelope_digest": question.envelope_digest}


def a_reference(alice: Person) -> dict[str, Any]:
    return {"transfer": crossed(alice, something(alice), form="reference").pk}


def an_arrival(alice: Person) -> dict[str, Any]:
    """Offered to Alice's identity of the matrix from another one, made for that and unknown to the matrix."""
    other = Identity.objects.filter(owner=alice.user, name="Source").first()
    if other is None:
        with alice.acting():
            other = perform("governance.identity.create", {"kind": "creative", "name": "Source"})
    with alice.acting(other):
        source = makers.item(MARK, content=MARK)
    _, arrived = offered(alice, source, other, alice.identity)
    return {"transfer": arrived.pk}


def everything(alice: Person) -> dict[str, Any]:
    for make in (a_question, a_reference, an_arrival):
        make(alice)
    return {}


CASES = [
    Case("transfers", make=everything, whole=True),
    Case("transfer-new", ("GET", "POST"), to_take, {"to": "sphere:creative", "form": "copy"}),
    Case("transfer-detail", make=an_arrival),
    Case("transfer-accept", ("POST",), an_arrival, SPHERE),
    Case("transfer-decline", ("POST",), an_arrival),
    Case("transfer-revoke", ("POST",), a_reference),
    Case("api-transfers", ("GET", "POST"), everything, NOBODYS, whole=True, answers=(404,)),
    Case("api-transfer", make=an_arrival),
    Case("api-transfer-approve", ("POST",), a_question, vote_on),
    Case("api-transfer-accept", ("POST",), an_arrival, SPHERE, answers=(423,)),
    Case("api-transfer-reject", ("POST",), an_arrival),
    Case("api-transfer-revoke", ("POST",), a_reference),
]
