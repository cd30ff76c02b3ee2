"""Between the identities of one person: approved here, accepted there, two chains, and both walls hold (design 3.8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.db import transaction

from governance.audit.verify import verify_chain
from governance.crossings.asking import AcceptTransfer
from governance.crossings.models import Crossing, CrossingParcel
from governance.errors import BadInput, GovernanceError, IdentityBoundary, NotThere
from governance.isolation.context import bind
from governance.models import AuditEntry, Identity, Membership, Notification, PersonNotice
from governance.perform import perform
from spheres.models import Item
from tests.cast import Api, Person, make_workshop
from tests.governance.checkpoints.asking import make_rule, make_viewer, vote
from tests.governance.crossings.carrying import (
    ACCEPT,
    DECLINE,
    OFFER,
    TEXT,
    accepted,
    agrees,
    asks,
    carried_out,
    item_of,
    note,
    offered,
    parcels,
    refused,
    row_of,
    status_of_question,
)
from tests.governance.isolation.walls import superuser
from tests.spheres import makers

pytestmark = pytest.mark.security


def test_it_is_approved_where_it_is(alice: Person, workshop: Any) -> None:
    source = note(alice)
    shown = asks(alice, None, OFFER, object=source.pk, to_identity=workshop.pk)
    assert (shown["kind"], shown["level"]) == ("identity_boundary", "high")
    row = row_of(alice, shown["id"])
    assert (row.direction, row.state, row.other_identity_id) == ("out", "waiting", workshop.pk)
    with alice.looking(workshop):
        assert not Crossing.objects.exists()
    agrees(alice, shown)
    out = row_of(alice, shown["id"])
    arrived = row_of(alice, out.twin_id, workshop)
    assert (out.state, arrived.state, arrived.direction) == ("offered", "offered", "in")
    assert (arrived.other_identity_id, arrived.twin_id, arrived.source_id) == (alice.identity.pk, out.pk, None)
    assert (arrived.from_sphere, arrived.note) == ("", "")
    with alice.looking(workshop):
        assert not Item.objects.exists()


def test_and_accepted_where_it_goes(alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    shown = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="creative")
    assert (shown["kind"], shown["level"]) == ("identity_boundary", "high")
    assert TEXT not in orjson.dumps(shown).decode()
    assert row_of(alice, arrived.pk, workshop).checkpoint_id == UUID(shown["id"])
    agrees(alice, shown, workshop)
    arrived, out = row_of(alice, arrived.pk, workshop), row_of(alice, out.pk)
    assert (arrived.state, out.state, out.made_id) == ("done", "done", None)
    copy = item_of(alice, arrived.made_id, workshop)
    assert (copy.type, copy.title, copy.content, copy.sphere) == ("note", "Bail", TEXT, "creative")
    assert parcels(arrived) == 0


def test_the_parcel_is_sealed_under_the_key_of_where_it_goes(alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    with superuser() as admin:
        where = "SELECT identity_id, sealed FROM governance_crossingparcel WHERE crossing_id = %s"
        owner, sealed = admin.execute(where, [arrived.pk]).fetchone()
    assert owner == workshop.pk
    assert TEXT.encode() not in bytes(sealed)


def test_each_chain_names_the_other_and_both_verify(alice: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    accepted(alice, arrived, workshop)
    here, there = alice.identity.pk, workshop.pk
    for act in (OFFER, ACCEPT):
        with alice.looking():
            mine = said(act)
        with alice.looking(workshop):
            theirs = said(act)
        assert mine["reason"] == f"identity:{there}"
        assert theirs["reason"] == f"identity:{here}"
        first, second = (mine, theirs) if act == OFFER else (theirs, mine)
        row = out if act == OFFER else arrived
        assert first["resource"]["id"] == second["resource"]["id"] == str(row.pk)
        assert second["actor"]["identity"] == str(here if act == OFFER else there)
    for identity in (None, workshop):
        with alice.looking(identity):
            assert verify_chain(identity.pk if identity else here).ok


def said(act: str) -> dict[str, Any]:
    """The body of the one allowed entry of an act."""
    entry = AuditEntry.objects.get(action=act, outcome="allowed")
    body: dict[str, Any] = orjson.loads(bytes(entry.body))
    return body


def test_the_person_is_told_there_and_who_offered_hears_the_answer(alice: Person, bob: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    with alice.looking(workshop):
        told = Notification.objects.filter(event="crossing.arrived")
        assert [(one.person_id, one.link) for one in told] == [(alice.user.pk, f"/transfers/{arrived.pk}/")]
    assert PersonNotice.objects.filter(person_id=alice.user.pk, identity=workshop, kind="alert", count=1).exists()
    accepted(alice, arrived, workshop)
    with alice.looking():
        told = Notification.objects.filter(event="crossing.answered")
        assert [(one.person_id, one.facts["answer"]) for one in told] == [(alice.user.pk, "done")]
    with alice.looking(workshop):
        assert not Notification.objects.filter(event="crossing.arrived", read_at__isnull=True).exists()


def test_until_it_is_accepted_it_is_for_one_person_alone(alice: Person, bob: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    api = Api(bob.user, workshop)
    assert api.get("governance/transfers/").json()["results"] == []
    assert api.get(f"governance/transfers/{arrived.pk}/").status_code == 404
    assert isinstance(refused(bob, workshop, ACCEPT, transfer=arrived.pk, sphere="team"), NotThere)
    assert isinstance(refused(bob, workshop, DECLINE, transfer=arrived.pk), NotThere)
    mine = Api(alice.user, workshop).get(f"governance/transfers/{arrived.pk}/").json()
    assert (mine["text"], mine["identity"]) == (TEXT, str(alice.identity.pk))
    accepted(alice, arrived, workshop)
    theirs = api.get(f"governance/transfers/{arrived.pk}/").json()
    assert (theirs["state"], theirs["identity"], theirs["identity_name"], theirs["text"]) == ("done", None, "", None)


def test_where_it_goes_learns_nothing_else_of_where_it_was(alice: Person, workshop: Any) -> None:
    """Every column of every row that the crossing left there."""
    with alice.acting():
        makers.item("Secret voisin", content="à côté", sphere="business")
    source = note(alice)
    _, arrived = offered(alice, source, None, workshop, note="raison privée")
    accepted(alice, arrived, workshop)
    with superuser() as admin:
        tables = admin.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name = 'identity_id' AND table_name NOT IN ('governance_membership')"
        ).fetchall()
        rows = [
            str(admin.execute(f'SELECT * FROM "{name}" WHERE identity_id = %s', [workshop.pk]).fetchall())
            for (name,) in tables
        ]
    whole = "\n".join(rows)
    assert TEXT in whole
    for word in ("Secret voisin", "à côté", "raison privée", str(source.pk)):
        assert word not in whole


def test_only_ones_own_other_identity(alice: Person, charlie: Person, workshop: Any) -> None:
    source, theirs = note(alice), make_workshop(charlie)
    found = refused(alice, None, OFFER, object=source.pk, to_identity=theirs.pk)
    assert isinstance(found, IdentityBoundary)
    assert found.kind == "invalid_identity"
    assert isinstance(refused(alice, None, OFFER, object=source.pk, to_identity=uuid4()), NotThere)
    here = refused(alice, None, OFFER, object=source.pk, to_identity=alice.identity.pk)
    assert isinstance(here, BadInput)
    assert list(here.errors) == ["to_identity"]
    with alice.looking():
        assert AuditEntry.objects.filter(action=OFFER, outcome="refused").count() == 3


def test_not_where_one_only_looks_on_nor_where_it_is_closed(alice: Person, bob: Person, workshop: Any) -> None:
    make_viewer(bob, workshop)
    assert refused(bob, None, OFFER, object=note(bob).pk, to_identity=workshop.pk).code == "not_allowed"
    with alice.acting(workshop):
        perform("governance.identity.archive", {})
    assert refused(alice, None, OFFER, object=note(alice).pk, to_identity=workshop.pk).code == "identity_closed"


@pytest.mark.parametrize("change", ["left", "viewer", "archived"])
def test_what_has_changed_there_until_it_is_approved_counts(change: str, alice: Person, workshop: Any) -> None:
    shown = asks(alice, None, OFFER, object=note(alice).pk, to_identity=workshop.pk)
    if change == "left":
        Membership.objects.filter(user=alice.user, identity=workshop).delete()
    elif change == "viewer":
        make_viewer(alice, workshop)
    else:
        Identity.objects.filter(pk=workshop.pk).update(status="archived")
    agrees(alice, shown)
    assert row_of(alice, shown["id"]).state == "failed"
    with superuser() as admin:
        found = admin.execute("SELECT count(*) FROM governance_crossing WHERE identity_id = %s", [workshop.pk])
        assert found.fetchone()[0] == 0


def test_neither_an_agent_nor_a_token_carries_anything_into_another_identity(alice: Person, workshop: Any) -> None:
    source = note(alice)
    for context in (alice.context().through("nova", uuid4()), alice.context(token_id=uuid4())):
        with bind(context), pytest.raises(GovernanceError) as refusal:
            perform(OFFER, {"object": source.pk, "to_identity": workshop.pk})
        assert refusal.value.code == "not_allowed"


def test_in_a_firm_its_owners_and_administrators_let_it_out(alice: Person, bob: Person, workshop: Any) -> None:
    source = note(alice, workshop)
    shown = asks(bob, workshop, OFFER, object=source.pk, to_identity=bob.identity.pk)
    with bob.acting(workshop, proved=lambda second: True), pytest.raises(GovernanceError) as not_his:
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    assert not_his.value.code == "not_allowed"
    with alice.acting(workshop, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    carried_out(bob, shown, workshop)
    out = row_of(bob, shown["id"], workshop)
    arrived = accepted(bob, row_of(bob, out.twin_id), None)
    assert item_of(bob, arrived.made_id).content == TEXT
    theirs = Api(alice.user, workshop).get(f"governance/transfers/{out.pk}/").json()
    assert (theirs["identity"], theirs["identity_name"]) == (None, "")


def test_a_rule_of_the_identity_can_forbid_it(alice: Person, workshop: Any) -> None:
    make_rule(alice, effect="deny", conditions=[{"key": "crosses_identity", "op": "eq", "value": True}])
    assert refused(alice, None, OFFER, object=note(alice).pk, to_identity=workshop.pk).code == "not_allowed"


def test_the_walls_stand_around_both_tables(alice: Person, bob: Person, workshop: Any) -> None:
    out, arrived = offered(alice, note(alice), None, workshop)
    with alice.looking():
        assert [row.pk for row in Crossing.objects.all()] == [out.pk]
        assert not CrossingParcel.objects.exists()
    with alice.looking(workshop):
        assert [row.pk for row in Crossing.objects.all()] == [arrived.pk]
        assert CrossingParcel.objects.count() == 1
    other = Api(alice.user)
    assert other.get(f"governance/transfers/{arrived.pk}/").status_code == 403
    assert isinstance(refused(alice, None, ACCEPT, transfer=arrived.pk, sphere="team"), IdentityBoundary)
    with alice.acting(), transaction.atomic():
        assert Crossing.objects.filter(pk=arrived.pk).update(title="À moi") == 0


def test_a_parcel_that_was_exchanged_does_not_cross(alice: Person, workshop: Any) -> None:
    """What was offered is what arrives, to the byte."""
    _, arrived = offered(alice, note(alice), None, workshop)
    _, other = offered(alice, note(alice, content="Autre chose"), None, workshop)
    with alice.acting(workshop), transaction.atomic():
        sealed = CrossingParcel.objects.get(crossing=other).sealed
        CrossingParcel.objects.filter(crossing=arrived).update(sealed=bytes(sealed))
    shown = asks(alice, workshop, ACCEPT, transfer=arrived.pk, sphere="team")
    agrees(alice, shown, workshop)
    assert status_of_question(alice, shown["id"], workshop) == "failed"
    assert AcceptTransfer.model_fields.keys() == {"transfer", "sphere"}


def test_the_worker_asks_again_who_may(alice: Person, bob: Person, workshop: Any) -> None:
    """An approval that is carried out after the person has become a viewer crosses nothing."""
    source = note(alice, workshop)
    shown = asks(bob, workshop, OFFER, object=source.pk, to_identity=bob.identity.pk)
    with alice.acting(workshop, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    make_viewer(bob, workshop)
    carried_out(bob, shown, workshop)
    assert row_of(alice, shown["id"], workshop).state == "failed"
