"""What an approver reads of a payment and of a deletion: names and sums, never ids; and what makes it stale."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from governance.checkpoints.models import Checkpoint
from governance.errors import CheckpointRequired, Conflict
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import make_rule, vote
from tests.spheres import makers

PAYMENT = {"payee": "Plomberie Rosemont", "amount_minor": 128_430, "currency": "CAD", "reference": "4471"}


def stopped(person: Person, action: str, params: dict[str, Any]) -> dict[str, Any]:
    with person.acting(), pytest.raises(CheckpointRequired) as asked:
        perform(action, params)
    found: dict[str, Any] = asked.value.checkpoint
    return found


def text_of(person: Person, shown: dict[str, Any]) -> str:
    return person.browser.get(f"/approvals/{shown['id']}/").content.decode()


@override_settings(LANGUAGE_CODE="fr")
def test_a_payment_names_its_payee_and_sum(alice: Person) -> None:
    page = text_of(alice, stopped(alice, "governance.payment.order", PAYMENT))
    assert page.count("1\N{NO-BREAK SPACE}284,30\N{NO-BREAK SPACE}CAD") >= 2
    assert "Plomberie Rosemont" in page
    assert "amount_minor" not in page
    assert "amount minor" not in page


def test_a_deletion_shows_what_goes_and_is_stale_once_it_has_changed(alice: Person) -> None:
    make_rule(alice, conditions=[{"key": "effect", "op": "eq", "value": "DELETE"}])
    with alice.acting():
        item = makers.item("Recette", content="Deux œufs.", sphere="personal")
    shown = stopped(alice, "spheres.item.delete", {"item": str(item.pk)})
    page = text_of(alice, shown)
    assert "Recette" in page
    assert "Deux œufs." in page
    assert str(item.pk) not in page
    with alice.acting():
        perform("spheres.item.update", {"item": item.pk, "version": item.version, "content": "Trois œufs."})
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        with pytest.raises(Conflict) as refused:
            perform("spheres.item.delete", {"item": item.pk}, approval=shown["id"])
    assert refused.value.code == "stale_checkpoint"
    with alice.looking():
        assert Checkpoint.objects.get(pk=shown["id"]).status == "approved"
