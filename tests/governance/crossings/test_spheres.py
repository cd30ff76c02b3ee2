"""Between the spheres of one identity: six steps, a copy that tells its origin, a reference that reads through."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import uuid4

import pytest

from governance.crossings.models import Crossing
from governance.crossings.reading import arrived
from governance.crossings.steps import steps_of
from governance.errors import BadInput, CheckpointRequired, Conflict, GovernanceError, IdentityBoundary, NotThere
from governance.isolation.context import Channel, bind
from governance.models import AuditEntry, Checkpoint
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import make_overdue, make_viewer
from tests.governance.crossings.carrying import (
    REQUEST,
    REVOKE,
    TEXT,
    agrees,
    asks,
    carried_out,
    crossed,
    item_of,
    note,
    read,
    row_of,
    status_of_question,
)
from tests.spheres import makers

pytestmark = pytest.mark.security


def refused(person: Person, identity: Any = None, **params: Any) -> GovernanceError:
    with person.acting(identity), pytest.raises(GovernanceError) as refusal:
        perform(REQUEST, params)
    assert not isinstance(refusal.value, CheckpointRequired)
    return refusal.value


def test_it_stops_at_a_person_and_stands_in_the_list_at_once(alice: Person) -> None:
    source = note(alice)
    shown = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative", note="Pour la brochure")
    assert (shown["kind"], shown["level"], shown["status"]) == ("cross_sphere", "high", "pending")
    assert shown["preview"]["excerpt"] == TEXT
    row = row_of(alice, shown["id"])
    assert (row.state, row.direction, row.from_sphere, row.to_sphere) == ("waiting", "within", "business", "creative")
    assert (row.source_id, row.made_id, row.note) == (source.pk, None, "Pour la brochure")
    with alice.looking():
        assert [(step.key, step.state) for step in steps_of(row)] == [
            ("registered", "done"), ("validated", "done"), ("notified", "done"), ("approval", "now"),
            ("executed", "todo"), ("logged", "todo"),
        ]  # fmt: skip


def test_an_agent_stops_there_too(alice: Person) -> None:
    source = note(alice)
    context = alice.context().through("nova", uuid4())
    with bind(context), pytest.raises(CheckpointRequired) as stopped:
        perform(REQUEST, {"object": str(source.pk), "to_sphere": "creative"})
    assert stopped.value.checkpoint["kind"] == "cross_sphere"
    row = row_of(alice, stopped.value.checkpoint["id"])
    assert (row.agent, row.run_id) == ("nova", context.run_id)


def test_a_copy_is_made_once_approved_and_says_where_it_came_from(alice: Person) -> None:
    source = note(alice)
    row = crossed(alice, source)
    assert row.state == "done"
    copy = item_of(alice, row.made_id)
    assert (copy.type, copy.title, copy.content, copy.sphere) == ("note", "Bail", TEXT, "creative")
    with alice.looking():
        came = arrived(copy.pk)
        assert came is not None
        assert (came.row.from_sphere, came.page) == ("business", f"/i/{source.pk}/")
        assert [step.state for step in steps_of(row)] == ["done"] * 6
        logged = AuditEntry.objects.get(resource_type="governance.crossing", resource_id=row.pk)
        assert (logged.action, logged.checkpoint_id) == (REQUEST, row.checkpoint_id)
    with alice.acting():
        perform("spheres.item.update", {"item": source.pk, "version": 1, "content": "Autre chose"})
    assert item_of(alice, copy.pk).content == TEXT


def test_a_task_stays_a_task_without_who_does_it(alice: Person) -> None:
    with alice.acting():
        task = makers.task("Payer", due_on="2026-12-01", priority="high", assignee=alice.user.pk)
    copy = item_of(alice, crossed(alice, task).made_id)
    assert (copy.type, copy.status, copy.priority, str(copy.due_on)) == ("task", "pending", "high", "2026-12-01")
    assert copy.assignee is None


def test_a_reference_reads_through_and_nobody_writes_in_it(alice: Person) -> None:
    source = note(alice)
    row = crossed(alice, source, form="reference")
    pointer = item_of(alice, row.made_id)
    assert (pointer.type, pointer.content, pointer.sphere) == ("reference", "", "creative")
    assert read(alice, pointer.pk) == TEXT
    with alice.acting():
        perform("spheres.item.update", {"item": source.pk, "version": 1, "content": "Bail signé"})
    assert read(alice, pointer.pk) == "Bail signé"
    assert alice.api.get(f"items/{pointer.pk}/").json()["content"] == "Bail signé"
    assert "Bail signé" in alice.browser.get(f"/i/{pointer.pk}/").content.decode()
    for change in ({"content": "À moi"}, {"title": "À moi"}):
        with alice.acting(), pytest.raises(Conflict) as read_only:
            perform("spheres.item.update", {"item": pointer.pk, "version": 1, **change})
        assert read_only.value.code == "read_only"


def test_a_reference_shows_nothing_when_its_source_is_deleted(alice: Person) -> None:
    source = note(alice)
    pointer = crossed(alice, source, form="reference").made_id
    with alice.acting():
        perform("spheres.item.delete", {"item": source.pk})
    assert read(alice, pointer) == ""
    page = alice.browser.get(f"/i/{pointer}/").content.decode()
    assert TEXT not in page
    with alice.acting():
        perform("spheres.item.restore", {"item": source.pk})
    assert read(alice, pointer) == TEXT


def test_a_reference_that_is_withdrawn_shows_nothing_any_more(alice: Person) -> None:
    row = crossed(alice, note(alice), form="reference")
    with alice.acting():
        perform(REVOKE, {"transfer": row.pk})
    assert row_of(alice, row.pk).state == "revoked"
    assert read(alice, row.made_id) == ""
    with alice.acting(), pytest.raises(Conflict) as again:
        perform(REVOKE, {"transfer": row.pk})
    assert again.value.code == "crossing_over"


def test_a_copy_cannot_be_withdrawn(alice: Person) -> None:
    row = crossed(alice, note(alice))
    with alice.acting(), pytest.raises(Conflict) as stays:
        perform(REVOKE, {"transfer": row.pk})
    assert stays.value.code == "copy_stays"


def test_a_reference_is_not_referred_to_nor_copied_on(alice: Person) -> None:
    pointer = crossed(alice, note(alice), form="reference").made_id
    for form in ("reference", "copy"):
        found = refused(alice, object=pointer, to_sphere="business", form=form)
        assert isinstance(found, BadInput)
        assert "object" in found.errors
    page = alice.browser.get(f"/transfers/new/item/{pointer}/")
    assert page.status_code == 409


@pytest.mark.parametrize(("what", "field"), [({"to_sphere": "business"}, "to_sphere"), ({"form": "move"}, "form")])
def test_what_makes_no_sense_is_said_by_field(what: dict[str, Any], field: str, alice: Person) -> None:
    found = refused(alice, object=note(alice).pk, **{"to_sphere": "creative", **what})
    assert isinstance(found, BadInput)
    assert list(found.errors) == [field]


def test_nobody_elses_and_nothing(alice: Person, charlie: Person) -> None:
    foreign = note(charlie)
    assert isinstance(refused(alice, object=foreign.pk, to_sphere="creative"), IdentityBoundary)
    assert isinstance(refused(alice, object=uuid4(), to_sphere="creative"), NotThere)
    mine = note(alice)
    with alice.acting():
        perform("spheres.item.delete", {"item": mine.pk})
    found = refused(alice, object=mine.pk, to_sphere="creative")
    assert found.code == "deleted"
    with alice.looking():
        assert AuditEntry.objects.filter(action=REQUEST, outcome="refused").count() == 3
        assert not Crossing.objects.exists()


def test_a_viewer_asks_for_nothing(alice: Person, bob: Person, workshop: Any) -> None:
    source = note(alice, workshop)
    make_viewer(bob, workshop)
    assert refused(bob, workshop, object=source.pk, to_sphere="creative").code == "not_allowed"


@pytest.mark.parametrize("change", ["content", "title", "delete"])
def test_what_changed_or_vanished_since_does_not_cross(change: str, alice: Person) -> None:
    source = note(alice)
    shown = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")
    with alice.acting():
        if change == "delete":
            perform("spheres.item.delete", {"item": source.pk})
        else:
            perform("spheres.item.update", {"item": source.pk, "version": 1, change: "Autre"})
    agrees(alice, shown)
    assert status_of_question(alice, shown["id"]) == "failed"
    row = row_of(alice, shown["id"])
    assert (row.state, row.made_id) == ("failed", None)
    with alice.looking():
        assert [(step.key, step.state) for step in steps_of(row)][3:5] == [
            ("approval", "done"),
            ("executed", "stopped"),
        ]


def test_refused_expired_and_withdrawn_questions_end_it(alice: Person) -> None:
    source = note(alice)
    first = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")
    agrees(alice, first, decision="reject")
    assert row_of(alice, first["id"]).state == "refused"
    second = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")
    make_overdue(alice, second)
    with alice.acting(channel=Channel.SYSTEM):
        perform("governance.checkpoint.expire", {"checkpoint": second["id"]})
    assert row_of(alice, second["id"]).state == "expired"
    third = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")
    with alice.acting():
        assert perform(REVOKE, {"transfer": third["id"]}).state == "cancelled"
    assert row_of(alice, third["id"]).state == "cancelled"
    assert status_of_question(alice, third["id"]) == "cancelled"
    for shown in (first, second, third):
        carried_out(alice, shown)
        assert row_of(alice, shown["id"]).made_id is None


def test_a_repeated_request_is_one_question_and_one_crossing(alice: Person) -> None:
    source = note(alice)
    first = asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")
    assert asks(alice, None, REQUEST, object=source.pk, to_sphere="creative")["id"] == first["id"]
    with alice.looking():
        assert Crossing.objects.count() == 1


def test_an_approval_is_carried_out_once(alice: Person) -> None:
    shown = asks(alice, None, REQUEST, object=note(alice).pk, to_sphere="creative")
    agrees(alice, shown)
    carried_out(alice, shown)
    with alice.looking():
        params = Checkpoint.objects.get(pk=shown["id"]).params
    with alice.acting(), pytest.raises(Conflict) as consumed:
        perform(REQUEST, params, approval=shown["id"])
    assert consumed.value.code == "checkpoint_consumed"
    with alice.looking():
        assert Crossing.objects.get().state == "done"


@pytest.mark.parametrize("kind", ["thread", "message", "decision"])
def test_what_was_said_crosses_as_what_it_is(kind: str, alice: Person) -> None:
    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Toit", "sphere": "business"})
        message = perform("threads.message.add", {"thread": thread.pk, "content": "Il faut **refaire** le toit."})
        proposed = {"thread": thread.pk, "statement": "On refait le toit", "options": ["Attendre"]}
        decision = perform("threads.decision.propose", proposed)
    source = {"thread": thread, "message": message, "decision": decision}[kind]
    copy = item_of(alice, crossed(alice, source, kind=kind).made_id)
    assert copy.type == {"thread": "document", "message": "note", "decision": "decision"}[kind]
    assert ("refaire" in copy.content) == (kind != "decision")
    said = f"**Alice** · {message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC\n\nIl faut **refaire** le toit."
    assert copy.content.startswith(said) == (kind != "decision")
    assert ("Attendre" in copy.content) == (kind == "decision")


def test_a_member_of_another_house_sees_nothing_of_it(alice: Person, charlie: Person) -> None:
    row = crossed(alice, note(alice))
    assert charlie.api.get(f"governance/transfers/{row.pk}/").status_code == 403
    assert charlie.api.get("governance/transfers/").json()["results"] == []
