"""A wider scope is asked for, then allowed by a person: one question, one row that follows it (design 3.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.tasks import sweep
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import Channel
from governance.models import AuditEntry, Checkpoint, Elevation, Notification, Verdict
from governance.perform import perform
from governance.rules.system import ELEVATE
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import make_overdue, make_viewer, status_of
from tests.governance.elevate.elevating import (
    ACROSS,
    END,
    SECRETS,
    WHY,
    another,
    asks,
    carried_out,
    decides,
    elevated,
    ends,
    leaves,
    row_of,
    stopping,
)

pytestmark = pytest.mark.security


def test_it_is_a_question_of_its_own_kind_and_a_row_that_waits(alice: Person) -> None:
    shown = asks(alice)
    assert (shown["kind"], shown["level"], shown["why"]) == ("scope_elevation", "high", ["system.elevation"])
    row = row_of(alice, shown["id"])
    assert (row.state, row.person_id, row.checkpoint_id) == ("requested", alice.user.pk, row.pk)
    assert (row.kind, row.sphere, row.target_sphere, row.agent) == ("cross_sphere", "personal", "business", "nova")
    assert (row.reason, row.begins_at, row.expires_at) == (WHY, None, None)


def test_approved_it_is_in_force_from_then_on(alice: Person) -> None:
    shown = asks(alice)
    decides(alice, shown)
    assert row_of(alice, shown["id"]).state == "requested"
    before = timezone.now()
    carried_out(alice, shown)
    row = row_of(alice, shown["id"])
    assert row.state == "in_force"
    assert row.begins_at is not None
    assert row.begins_at >= before
    assert row.expires_at == row.begins_at + timedelta(hours=8)
    with alice.looking():
        done = AuditEntry.objects.get(action=ELEVATE, outcome="allowed")
        assert (done.resource_id, done.resource_type) == (row.pk, "governance.elevation")


def test_an_approval_needs_a_fresh_proof(alice: Person) -> None:
    """It is a question of level high: nobody allows it without showing who they are."""
    from governance.errors import StepUpRequired

    shown = asks(alice)
    with alice.acting(proved=lambda second: False), pytest.raises(StepUpRequired):
        ballot = {"decision": "approve", "envelope_digest": shown["envelope_digest"]}
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **ballot})
    assert status_of(alice, shown) == "pending"


def test_refused_withdrawn_and_overdue_it_is_never_in_force(alice: Person) -> None:
    refused, withdrawn, overdue = asks(alice), asks(alice, **SECRETS), asks(alice, **ACROSS | {"hours": 2})
    decides(alice, refused, decision="reject")
    with alice.acting():
        perform("governance.checkpoint.cancel", {"checkpoint": withdrawn["id"]})
    make_overdue(alice, overdue)
    sweep(None)
    assert [row_of(alice, shown["id"]).state for shown in (refused, withdrawn, overdue)] == ["denied", *["lapsed"] * 2]
    for shown in (refused, withdrawn, overdue):
        carried_out(alice, shown)
        assert row_of(alice, shown["id"]).begins_at is None


def test_an_approval_that_was_not_used_in_time_comes_to_nothing(alice: Person) -> None:
    shown = asks(alice)
    decides(alice, shown)
    make_overdue(alice, shown)
    carried_out(alice, shown)
    assert (status_of(alice, shown), row_of(alice, shown["id"]).state) == ("failed", "lapsed")


def test_modified_it_is_another_question_and_another_row(alice: Person) -> None:
    first = asks(alice)
    with alice.acting():
        new = perform("governance.checkpoint.edit", {"checkpoint": first["id"], "parameters": {"hours": 2}})
    assert (row_of(alice, first["id"]).state, status_of(alice, first)) == ("lapsed", "superseded")
    row = row_of(alice, new.pk)
    assert (row.state, row.hours, row.reason) == ("requested", 2, WHY)
    decides(alice, {"id": new.pk, "envelope_digest": new.envelope_digest})
    carried_out(alice, {"id": new.pk})
    row = row_of(alice, new.pk)
    assert row.expires_at == row.begins_at + timedelta(hours=2)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({**ACROSS, "target_sphere": None}, "target_sphere"),
        ({**ACROSS, "target_sphere": "personal"}, "target_sphere"),
        ({**SECRETS, "target_sphere": "business"}, "target_sphere"),
        ({**ACROSS, "hours": 25}, "hours"),
        ({**SECRETS, "hours": 73}, "hours"),
        ({**SECRETS, "hours": 0}, "hours"),
        ({**SECRETS, "reason": "ab"}, "reason"),
        ({**SECRETS, "reason": "x" * 501}, "reason"),
        ({**SECRETS, "kind": "bulk_change"}, "kind"),
        ({**SECRETS, "agent": "another"}, "agent"),
        ({**SECRETS, "sphere": "nowhere"}, "sphere"),
    ],
)
def test_a_scope_that_does_not_exist_is_said_at_its_field(params: dict[str, Any], field: str, alice: Person) -> None:
    with alice.acting(), pytest.raises(BadInput) as refusal:
        perform(ELEVATE, {"reason": WHY, **params})
    assert set(refusal.value.errors) == {field}
    with alice.looking():
        assert not Elevation.objects.exists()


def test_a_token_and_an_agent_may_ask_but_never_allow_or_end(alice: Person) -> None:
    token = {"token_id": uuid7()}
    agent = {"channel": Channel.AGENT, "agent": "nova", "run_id": uuid7()}
    for who, params in ((token, ACROSS), (agent, SECRETS)):
        with alice.acting(**who), stopping() as stopped:
            perform(ELEVATE, {"reason": WHY, **params})
        shown = stopped.value.checkpoint
        assert row_of(alice, shown["id"]).state == "requested"
        with alice.acting(**who, proved=lambda second: True):
            ballot = {"decision": "approve", "envelope_digest": shown["envelope_digest"]}
            with pytest.raises(NotAllowed):
                perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **ballot})
            with pytest.raises(NotAllowed):
                perform(END, {"elevation": shown["id"]})


class TestSeveralPeople:
    def test_who_asks_does_not_allow_it(self, alice: Person, bob: Person, workshop: Any) -> None:
        shown = asks(bob, workshop)
        assert shown["why"] == ["system.elevation", "system.elevation_by_another"]
        with pytest.raises(NotAllowed):
            decides(bob, shown, workshop)
        decides(alice, shown, workshop)
        carried_out(bob, shown, workshop)
        row = row_of(bob, shown["id"], workshop)
        assert (row.state, row.person_id) == ("in_force", bob.user.pk)
        with bob.looking(workshop):
            told = Notification.objects.get(person_id=bob.user.pk, event="elevation.given")
            assert told.facts["agent"] == "Nova"

    def test_where_nobody_else_could_they_allow_it_themselves(self, alice: Person, bob: Person, workshop: Any) -> None:
        """A viewer decides nothing, so that somebody else would be asked for in vain."""
        make_viewer(bob, workshop)
        shown = asks(alice, workshop)
        assert shown["why"] == ["system.elevation"]
        decides(alice, shown, workshop)
        carried_out(alice, shown, workshop)
        assert row_of(alice, shown["id"], workshop).state == "in_force"
        with alice.looking(workshop):
            assert not Notification.objects.filter(event="elevation.given").exists()

    def test_a_viewer_neither_asks_nor_ends(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = elevated(alice, workshop, by=bob)
        make_viewer(bob, workshop)
        with bob.acting(workshop), pytest.raises(NotAllowed):
            perform(ELEVATE, {"reason": WHY, **ACROSS})
        with bob.acting(workshop), pytest.raises(NotAllowed):
            perform(END, {"elevation": row.pk})

    def test_it_ends_with_the_membership_of_whom_it_is_for(self, alice: Person, bob: Person, workshop: Any) -> None:
        row, waiting = elevated(bob, workshop, by=alice), asks(bob, workshop, **SECRETS)
        leaves(alice, bob, workshop)
        found = row_of(alice, row.pk, workshop)
        assert (found.state, found.ended_by_id) == ("ended", alice.user.pk)
        assert row_of(alice, waiting["id"], workshop).state == "lapsed"

    def test_it_ends_with_the_membership_of_who_allowed_it(self, alice: Person, bob: Person, workshop: Any) -> None:
        dora = another(workshop)
        theirs, others = elevated(alice, workshop, by=bob), elevated(alice, workshop, by=dora, **SECRETS)
        leaves(alice, bob, workshop)
        assert row_of(alice, theirs.pk, workshop).state == "ended"
        assert row_of(alice, others.pk, workshop).state == "in_force"

    def test_an_approval_of_who_left_meanwhile_puts_nothing_in_force(
        self, alice: Person, bob: Person, workshop: Any
    ) -> None:
        shown = asks(alice, workshop)
        decides(bob, shown, workshop)
        leaves(alice, bob, workshop)
        carried_out(alice, shown, workshop)
        assert status_of(alice, shown, workshop) == "failed"
        assert row_of(alice, shown["id"], workshop).state == "lapsed"

    def test_what_counts_no_more_is_said(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = elevated(alice, workshop, by=bob)
        path, program = f"governance/elevations/{row.pk}/", Api(alice.user, workshop)
        assert program.get(path).json()["state"] == "in_force"
        make_viewer(bob, workshop)
        assert (program.get(path).json()["state"], program.get(path).json()["live"]) == ("void", False)
        alice.post(f"/identities/{workshop.pk}/activate/")
        assert [one["state"] for one in alice.browser.get("/elevations/").context["rows"]] == ["void"]

    def test_another_ends_it_and_its_person_is_told(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = elevated(bob, workshop, by=alice)
        ends(alice, row, workshop)
        with bob.looking(workshop):
            assert Notification.objects.filter(person_id=bob.user.pk, event="elevation.ended").count() == 1
        mine = elevated(bob, workshop, by=alice, **SECRETS)
        ends(bob, mine, workshop)
        with bob.looking(workshop):
            assert Notification.objects.filter(person_id=bob.user.pk, event="elevation.ended").count() == 1


class TestEnding:
    def test_it_ends_at_once_and_stays_on_record(self, alice: Person) -> None:
        row = elevated(alice)
        done = ends(alice, row)
        assert (done.state, done.ended_by_id) == ("ended", alice.user.pk)
        assert row_of(alice, row.pk).state == "ended"
        with pytest.raises(Conflict):
            ends(alice, row)
        with alice.looking():
            assert AuditEntry.objects.filter(action=END, outcome="allowed", resource_id=row.pk).count() == 1

    def test_what_waits_is_withdrawn_with_its_question(self, alice: Person) -> None:
        shown = asks(alice)
        assert ends(alice, row_of(alice, shown["id"])).state == "lapsed"
        assert (row_of(alice, shown["id"]).state, status_of(alice, shown)) == ("lapsed", "cancelled")

    def test_what_is_being_put_in_force_is_not_withdrawn(self, alice: Person) -> None:
        shown = asks(alice)
        decides(alice, shown)
        with pytest.raises(Conflict):
            ends(alice, row_of(alice, shown["id"]))

    def test_no_rule_of_the_identity_keeps_anybody_from_ending_it(self, alice: Person) -> None:
        from tests.governance.checkpoints.asking import make_rule

        row = elevated(alice)
        make_rule(alice, effect="deny", conditions=[{"key": "effect", "op": "eq", "value": "CONFIGURE"}])
        assert ends(alice, row).state == "ended"

    def test_of_two_at_once_one_ends_it(self, alice: Person) -> None:
        import threading

        from django.db import connection

        from governance.errors import GovernanceError
        from governance.isolation.context import bind

        row = elevated(alice)
        contexts, barrier = [alice.context() for _ in range(4)], threading.Barrier(4)
        codes: list[str] = []

        def race(context: Any) -> None:
            barrier.wait()
            with bind(context):
                try:
                    perform(END, {"elevation": row.pk})
                    codes.append("ended")
                except GovernanceError as refusal:
                    codes.append(refusal.code)
            connection.close()

        threads = [threading.Thread(target=race, args=[context]) for context in contexts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == ["elevation_over"] * 3 + ["ended"]
        with alice.looking():
            assert AuditEntry.objects.filter(action=END, outcome="allowed", resource_id=row.pk).count() == 1


def test_without_its_approval_nothing_is_put_in_force(alice: Person) -> None:
    """The change itself refuses where it is not carried out under a question."""
    from governance.elevate.asking import RequestElevation
    from governance.uow import unit_of_work

    with alice.acting(), pytest.raises(NotAllowed), unit_of_work() as uow:
        uow.also(ELEVATE, RequestElevation(reason=WHY, **ACROSS))
    with alice.looking():
        assert not Elevation.objects.exists()


def test_the_verdict_says_how_many_could_decide(alice: Person, workshop: Any) -> None:
    asks(alice, workshop)
    with alice.looking(workshop):
        question = Checkpoint.objects.get(action=ELEVATE)
        document = Verdict.objects.get(pk=question.verdict_id).document
    assert document["facts"]["deciders"] == 2
    unless = {"key": "deciders", "op": "gt", "value": 1}
    assert {"rule": "system.elevation_by_another", "actual": 2, "unless": unless} in document["nearest"]
