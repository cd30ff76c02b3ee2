"""How crossings between identities end: declined, withdrawn, lapsed, with their source; never twice (design 3.8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.audit.verify import verify_chain
from governance.crossings.lapsing import LAPSE, OFFERED_FOR, lapse_overdue
from governance.crossings.models import Crossing
from governance.errors import BadInput, Conflict
from governance.models import Membership, Notification
from governance.perform import perform
from spheres.models import Item
from tests.cast import Person
from tests.governance.checkpoints.asking import vote
from tests.governance.crossings.carrying import (
    ACCEPT,
    DECLINE,
    OFFER,
    REQUEST,
    REVOKE,
    TEXT,
    accepted,
    agrees,
    asks,
    carried_out,
    item_of,
    note,
    offered,
    parcels,
    read,
    refused,
    row_of,
    status_of_question,
)
from tests.governance.people.racing import race
from tests.spheres import makers

pytestmark = pytest.mark.security


def test_a_reference_is_a_snapshot_that_can_be_taken_back(alice: Person, bob: Person, workshop: Any) -> None:
    source = note(alice)
    out, arrived = offered(alice, source, None, workshop, form="reference")
    arrived = accepted(alice, arrived, workshop)
    with alice.acting():
        perform("spheres.item.update", {"item": source.pk, "version": 1, "content": "Changé depuis"})
    assert read(bob, arrived.made_id, workshop) == TEXT
    assert item_of(alice, arrived.made_id, workshop).content == ""
    assert alice.api.get(f"governance/transfers/{out.pk}/").json()["text"] is None
    with alice.acting():
        perform(REVOKE, {"transfer": out.pk})
    assert (row_of(alice, out.pk).state, row_of(alice, arrived.pk, workshop).state) == ("revoked", "revoked")
    assert (read(bob, arrived.made_id, workshop), parcels(arrived)) == ("", 0)
    with alice.looking(workshop):
        told = Notification.objects.filter(event="crossing.withdrawn")
        assert [one.person_id for one in told] == [bob.user.pk]
        assert verify_chain(workshop.pk).ok


def test_what_is_lent_goes_no_further(alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop, form="reference")
    pointer = accepted(alice, arrived, workshop).made_id
    third = make_third(alice)
    for name, params in ((REQUEST, {"to_sphere": "team"}), (OFFER, {"to_identity": third.pk})):
        found = refused(alice, workshop, name, object=pointer, **params)
        assert isinstance(found, BadInput)


def make_third(alice: Person) -> Any:
    with alice.acting():
        return perform("governance.identity.create", {"kind": "creative", "name": "Studio"})


def test_deleting_the_source_ends_what_it_lends_and_offers_but_no_copy(alice: Person, workshop: Any) -> None:
    source = note(alice)
    _, copy = offered(alice, source, None, workshop)
    copy = accepted(alice, copy, workshop)
    _, lent = offered(alice, source, None, workshop, form="reference")
    lent = accepted(alice, lent, workshop)
    _, waiting = offered(alice, source, None, workshop, note="encore")
    with alice.acting():
        perform("spheres.item.delete", {"item": source.pk})
    assert [row_of(alice, row.pk, workshop).state for row in (copy, lent, waiting)] == ["done", "ended", "ended"]
    assert item_of(alice, copy.made_id, workshop).content == TEXT
    assert (read(alice, lent.made_id, workshop), parcels(lent), parcels(waiting)) == ("", 0, 0)


def test_so_does_deleting_the_dataspace_around_it(alice: Person, workshop: Any) -> None:
    with alice.acting():
        space = makers.space("Fabre")
    source = note(alice, dataspace=space.pk)
    _, lent = offered(alice, source, None, workshop, form="reference")
    with alice.acting():
        perform("spheres.dataspace.delete", {"dataspace": space.pk})
    assert (row_of(alice, lent.pk, workshop).state, parcels(lent)) == ("ended", 0)


def test_it_is_declined_for_good(alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    shown = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team")
    with alice.acting(workshop):
        perform(DECLINE, {"transfer": arrived.pk})
    assert (row_of(alice, out.pk).state, row_of(alice, arrived.pk, workshop).state) == ("declined", "declined")
    assert (parcels(arrived), status_of_question(alice, shown["id"], workshop)) == (0, "cancelled")
    assert refused(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team").code == "crossing_over"
    assert refused(alice, None, REVOKE, transfer=out.pk).code == "crossing_over"


def test_an_offer_is_withdrawn_before_it_is_accepted(alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    shown = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team")
    with alice.acting():
        perform(REVOKE, {"transfer": out.pk})
    agrees(alice, shown, workshop)
    assert status_of_question(alice, shown["id"], workshop) == "failed"
    assert row_of(alice, arrived.pk, workshop).state == "revoked"
    with alice.looking(workshop):
        assert not Item.objects.exists()


def test_it_is_accepted_once(alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    first = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team")
    second = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="creative")
    agrees(alice, first, workshop)
    agrees(alice, second, workshop)
    assert status_of_question(alice, second["id"], workshop) == "failed"
    assert refused(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team").code == "crossing_over"
    with alice.looking(workshop):
        assert Item.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_two_acceptances_at_once_end_in_one_copy(turn: int, alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    shown = [asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere=sphere) for sphere in ("team", "creative")]
    for one in shown:
        with alice.acting(workshop, proved=lambda second: True):
            perform("governance.checkpoint.decide", {"checkpoint": one["id"], **vote(one)})
    found = race(2, lambda number: carried_out(alice, shown[number], workshop))
    assert found == [None, None]
    with alice.looking(workshop):
        assert Item.objects.count() == 1
    ended = sorted(status_of_question(alice, one["id"], workshop) for one in shown)
    assert ended == ["executed", "failed"]


@pytest.mark.parametrize("turn", range(3))
def test_accepting_and_withdrawing_at_once_end_alike_on_either_side(turn: int, alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop, form="reference")
    shown = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team")
    with alice.acting(workshop, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})

    def act(number: int) -> None:
        if number:
            carried_out(alice, shown, workshop)
            return
        with alice.acting():
            perform(REVOKE, {"transfer": out.pk})

    found = race(2, act)
    assert all(one is None or isinstance(one, Conflict) for one in found), found
    states = {row_of(alice, out.pk).state, row_of(alice, arrived.pk, workshop).state}
    assert states == {"revoked"}
    assert parcels(arrived) == 0


def test_who_leaves_takes_no_window_along(alice: Person, bob: Person, workshop: Any) -> None:
    source = note(alice, workshop)
    shown = asks(bob, workshop, OFFER, object=source.pk, to_identity=bob.identity.pk, form="reference")
    with alice.acting(workshop, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    carried_out(bob, shown, workshop)
    lent = accepted(bob, row_of(bob, row_of(bob, shown["id"], workshop).twin_id), None)
    out, waiting = offered(bob, note(bob), None, workshop)
    member = Membership.objects.get(user=bob.user, identity=workshop)
    with alice.acting(workshop):
        perform("governance.member.remove", {"member": member.pk})
    assert (row_of(bob, lent.pk).state, read(bob, lent.made_id), parcels(lent)) == ("ended", "", 0)
    assert (row_of(bob, out.pk).state, parcels(waiting)) == ("declined", 0)


def test_an_offer_that_nobody_answers_lapses_after_a_month(alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    fresh, kept = offered(alice, note(alice), None, workshop)
    lapse_overdue()
    assert row_of(alice, arrived.pk, workshop).state == "offered"
    with alice.acting(workshop), transaction.atomic():
        Crossing.objects.filter(pk=arrived.pk).update(executed_at=timezone.now() - OFFERED_FOR)
    assert refused(alice, workshop, LAPSE, transfer=arrived.pk).code == "not_allowed"
    lapse_overdue()
    assert [row_of(alice, out.pk).state, row_of(alice, arrived.pk, workshop).state] == ["expired", "expired"]
    assert (parcels(arrived), parcels(kept), row_of(alice, fresh.pk).state) == (0, 1, "offered")
    assert refused(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team").code == "crossing_over"
    with alice.looking():
        assert Notification.objects.get(event="crossing.answered").facts["answer"] == "expired"
        assert verify_chain(alice.identity.pk).ok
