"""What is told of a payment order: to people by notification, to programs by webhook."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from governance.errors import CheckpointRequired
from governance.models import Membership
from governance.notifications import own
from governance.notifications.reading import shown
from governance.orders.telling import CANCELLED, ORDERED, RECALL, SETTLED, said_amount
from governance.perform import perform
from tests.cast import Person
from tests.governance.notifications.reading import rows, told
from tests.governance.orders.ordering import EUROS, acts, decided, drafted, ordered, pays_from, submitted
from tests.governance.webhooks.conftest import deliver, make_hook
from tests.governance.webhooks.receiver import Receiver, serving

HOOKS = ["payment.awaiting", "payment.returned", "payment.ordered", "payment.settled", "payment.cancelled"]


@pytest.fixture
def receiver(settings: Any) -> Any:
    with serving() as found:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({("127.0.0.1", found.port)})
        yield found


class TestPeople:
    def test_all_who_keep_orders_hear_that_one_is_ordered(
        self, alice: Person, bob: Person, charlie: Person, workshop: Any
    ) -> None:
        Membership.objects.create(user=charlie.user, identity=workshop, role="viewer")
        row = ordered(alice, workshop)
        assert told(bob, workshop) == [ORDERED]
        assert told(charlie, workshop) == []
        (one, *_older) = rows(bob, workshop)
        assert (one.type, one.link) == ("task", f"/orders/{row.pk}/")
        with translation.override("fr"), bob.looking(workshop):
            title = shown(one).title.replace("\N{NO-BREAK SPACE}", " ")
        assert "1 284,30 EUR" in title
        assert EUROS["payee"] in title
        assert EUROS["iban"] not in str(one.facts)

    def test_it_waits_for_nobody_once_it_is_settled(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = ordered(alice, workshop)
        acts(bob, "settle", row, workshop)
        assert ORDERED not in told(alice, workshop) + told(bob, workshop)
        assert told(alice, workshop)[0] == SETTLED  # she wrote it
        assert SETTLED not in told(bob, workshop)  # his own click

    def test_who_wrote_it_hears_that_somebody_cancelled_it(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = drafted(alice, workshop)
        submitted(alice, row, workshop)
        acts(bob, "cancel", row, workshop)
        assert told(alice, workshop)[0] == CANCELLED
        assert own.WAITING not in told(bob, workshop)

    def test_a_draft_ends_quietly(self, alice: Person, bob: Person, workshop: Any) -> None:
        acts(bob, "cancel", drafted(alice, workshop), workshop)
        assert told(alice, workshop) == []

    def test_everybody_is_warned_when_a_bank_may_have_it(self, alice: Person, bob: Person, workshop: Any) -> None:
        pays_from(alice, workshop)
        row = ordered(alice, workshop)
        with alice.acting(workshop):
            perform("governance.order.file", {"orders": [row.pk]})
        acts(alice, "cancel", row, workshop)
        assert told(bob, workshop) == [RECALL]
        assert RECALL not in told(alice, workshop)

    def test_what_was_never_a_draft_is_told_of_too(self, alice: Person) -> None:
        with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
            perform("governance.payment.order", {"payee": "Hydro", "amount_minor": 5, "currency": "JPY"})
        decided(alice, stopped.value.checkpoint)
        assert told(alice)[0] == ORDERED


@pytest.mark.unit
@pytest.mark.parametrize(("language", "words"), [("fr", "1 284,30 EUR"), ("en", "1,284.30 EUR")])
def test_the_amount_is_said_in_the_readers_language(language: str, words: str) -> None:
    with translation.override(language):
        assert said_amount("128430 EUR").replace("\N{NO-BREAK SPACE}", " ") == words


class TestPrograms:
    def test_each_step_leaves_once_without_the_account(self, alice: Person, receiver: Receiver) -> None:
        hook, _secret = make_hook(alice, receiver.url, *HOOKS)
        row = drafted(alice)
        decided(alice, submitted(alice, row), "reject")
        decided(alice, submitted(alice, row))
        acts(alice, "settle", row)
        deliver(alice, hook)
        steps = ["awaiting", "returned", "awaiting", "ordered", "settled"]
        assert receiver.events == [f"payment.{step}" for step in steps]
        states = [one.json["data"]["status"] for one in receiver.received]
        assert states == ["awaiting", "draft", "awaiting", "ordered", "settled"]
        known = alice.api.get(f"governance/orders/{row.pk}/").json()
        last = receiver.received[-1].json["data"]
        assert last == {name: known[name] for name in last}
        assert (last["payee"], last["amount"]) == (EUROS["payee"], "1284.30")
        assert not any(EUROS["iban"] in one.body.decode() for one in receiver.received)

    def test_what_is_cancelled_while_it_waits_is_told_of_as_cancelled_alone(
        self, alice: Person, receiver: Receiver
    ) -> None:
        hook, _secret = make_hook(alice, receiver.url, *HOOKS)
        row = drafted(alice)
        submitted(alice, row)
        acts(alice, "cancel", row)
        deliver(alice, hook)
        assert receiver.events == ["payment.awaiting", "payment.cancelled"]
