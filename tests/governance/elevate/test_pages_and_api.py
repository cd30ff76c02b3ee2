"""The pages and the API of what is allowed for a while; the offer on the page of a question."""

from __future__ import annotations

from typing import Any

import pytest

from governance.models import Checkpoint
from tests.agents.pipeline.runs import SECRET, SEND, asked
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, make_rule, make_viewer
from tests.governance.elevate.elevating import (
    ACROSS,
    SECRETS,
    WHY,
    asks,
    carried_out,
    decides,
    elevated,
    ends,
    row_of,
    run_out,
    stopping,
    writes,
)

LIST, NEW = "/elevations/", "/elevations/new/"
FORM = {"kind": "cross_sphere", "sphere": "personal", "target_sphere": "business", "hours": "3", "reason": WHY}


def text(person: Person, path: str) -> str:
    answer = person.browser.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def question(person: Person) -> Checkpoint:
    with person.looking():
        row: Checkpoint = Checkpoint.objects.newest_first().first()
        return row


class TestPages:
    def test_asked_on_a_form_decided_on_its_page_ended_in_the_list(self, alice: Person) -> None:
        assert NEW in text(alice, LIST)
        answer = alice.post(NEW, FORM)
        row = question(alice)
        assert (answer.status_code, row.kind, row.params["hours"]) == (302, "scope_elevation", 3)
        assert answer["Location"] == f"/approvals/{row.pk}/"
        page = text(alice, f"/approvals/{row.pk}/")
        assert WHY in page
        assert f"/approvals/{row.pk}/edit/" in page
        assert f"/approvals/{row.pk}/" in text(alice, LIST)
        shown = {"id": row.pk, "envelope_digest": row.envelope_digest}
        decides(alice, shown)
        carried_out(alice, shown)
        listed = text(alice, LIST)
        assert f"/elevations/{row.pk}/end/" in listed
        assert WHY in listed
        assert alice.post(f"/elevations/{row.pk}/end/").status_code == 302
        assert row_of(alice, row.pk).state == "ended"
        assert f"/elevations/{row.pk}/end/" not in text(alice, LIST)
        assert alice.post(f"/elevations/{row.pk}/end/").status_code == 302

    def test_what_waits_is_withdrawn_in_the_list(self, alice: Person) -> None:
        shown = asks(alice)
        assert alice.post(f"/elevations/{shown['id']}/end/").status_code == 302
        assert row_of(alice, shown["id"]).state == "lapsed"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"target_sphere": ""}, "target_sphere"),
            ({"target_sphere": "personal"}, "target_sphere"),
            ({"kind": "sensitive_data"}, "target_sphere"),
            ({"hours": "25"}, "hours"),
            ({"hours": "73"}, "hours"),
            ({"hours": "x"}, "hours"),
            ({"reason": ""}, "reason"),
            ({"sphere": ""}, "sphere"),
            ({"kind": "bulk_change"}, "kind"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field_and_loses_nothing(
        self, change: dict[str, str], field: str, alice: Person
    ) -> None:
        answer = alice.post(NEW, {**FORM, "reason": "Le classement de mai", **change})
        assert answer.status_code == 400
        assert set(answer.context["form"].errors) == {field}
        if field != "reason":
            assert "Le classement de mai" in answer.content.decode()

    def test_edited_then_approved(self, alice: Person) -> None:
        shown = asks(alice)
        path = f"/approvals/{shown['id']}/edit/"
        page = text(alice, path)
        assert WHY in page
        assert 'value="8"' in page
        assert alice.post(path, {**FORM, "hours": "30"}).status_code == 400
        answer = alice.post(path, {**FORM, "hours": "2"})
        new = question(alice)
        assert answer["Location"] == f"/approvals/{new.pk}/"
        assert (row_of(alice, shown["id"]).state, row_of(alice, new.pk).hours) == ("lapsed", 2)

    def test_a_viewer_reads_no_reason_and_ends_nothing(self, alice: Person, bob: Person, workshop: Any) -> None:
        row = elevated(alice, workshop, by=bob)
        make_viewer(bob, workshop)
        assert bob.post(f"/identities/{workshop.pk}/activate/").status_code < 400
        page = text(bob, LIST)
        assert WHY not in page
        assert f"/elevations/{row.pk}/end/" not in page
        assert NEW not in page
        assert bob.browser.get(NEW).status_code == 403
        assert bob.post(f"/elevations/{row.pk}/end/").status_code == 403
        assert Api(bob.user, workshop).get(f"governance/elevations/{row.pk}/").json()["reason"] == ""

    def test_each_state_is_said(self, alice: Person) -> None:
        waits, refused = asks(alice), asks(alice, **ACROSS | {"hours": 2})
        decides(alice, refused, decision="reject")
        ended, over, _live = (elevated(alice, **SECRETS | {"hours": hours}) for hours in (1, 2, 3))
        ends(alice, ended)
        run_out(alice, over)
        found = {str(one["row"].pk): one["state"] for one in alice.browser.get(LIST).context["rows"]}
        assert sorted(found.values()) == ["denied", "ended", "in_force", "over", "requested"]
        assert (found[waits["id"]], found[str(over.pk)]) == ("requested", "over")


class TestTheOffer:
    def test_a_question_for_want_of_one_leads_to_the_form_filled_in(self, alice: Person, simulator: Any) -> None:
        run = asked(alice, SECRET)
        path = f"{NEW}?kind=sensitive_data&sphere=personal"
        assert path.replace("&", "&amp;") in text(alice, f"/approvals/{run.checkpoint_id}/")
        form = alice.browser.get(path).context["form"]
        assert (form["kind"].value(), form["sphere"].value()) == ("sensitive_data", "personal")

    def test_so_does_writing_into_another_sphere(self, alice: Person) -> None:
        with stopping() as stopped:
            writes(alice)
        page = text(alice, f"/approvals/{stopped.value.checkpoint['id']}/")
        assert f"{NEW}?kind=cross_sphere&amp;sphere=personal&amp;target_sphere=business" in page

    def test_what_no_elevation_lifts_offers_none(self, alice: Person, simulator: Any) -> None:
        sends, mail = asked(alice, SEND), ask(alice)
        for pk in (sends.checkpoint_id, mail["id"], asks(alice)["id"]):
            assert NEW not in text(alice, f"/approvals/{pk}/")
        make_rule(alice, level="low", conditions=[{"key": "crosses_sphere", "op": "eq", "value": True}])
        with stopping() as stopped:
            writes(alice)
        assert NEW not in text(alice, f"/approvals/{stopped.value.checkpoint['id']}/")

    def test_nobody_is_offered_what_would_not_be_theirs(self, alice: Person, bob: Person, workshop: Any) -> None:
        """An elevation is for who asks: another member would ask for themself."""
        with stopping() as stopped:
            writes(bob, workshop)
        path = f"/approvals/{stopped.value.checkpoint['id']}/"
        for person, offered in ((alice, False), (bob, True)):
            person.post(f"/identities/{workshop.pk}/activate/")
            assert (NEW in text(person, path)) is offered


class TestApi:
    def test_asked_listed_and_ended(self, alice: Person) -> None:
        answer = alice.api.post("governance/elevations/", {"reason": WHY, **SECRETS})
        assert answer.status_code == 423
        shown = answer.json()["checkpoint"]
        assert (shown["kind"], shown["preview"]["reason"]) == ("scope_elevation", WHY)
        found = alice.api.get("governance/elevations/?state=requested").json()["results"]
        assert [row["id"] for row in found] == [shown["id"]]
        assert (found[0]["state"], found[0]["question"], found[0]["live"]) == ("requested", shown["id"], False)
        decides(alice, shown)
        carried_out(alice, shown)
        one = alice.api.get(f"governance/elevations/{shown['id']}/").json()
        assert (one["state"], one["live"], one["agent"], one["hours"]) == ("in_force", True, "nova", 8)
        assert alice.api.get("governance/elevations/?state=requested").json()["results"] == []
        assert alice.api.get(f"governance/elevations/?person={alice.user.pk}").json()["results"] == [one]
        ended = alice.api.delete(f"governance/elevations/{shown['id']}/").json()
        assert (ended["state"], ended["live"], ended["ended_by"]) == ("ended", False, str(alice.user.pk))
        assert alice.api.delete(f"governance/elevations/{shown['id']}/").status_code == 409

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"hours": 25}, "hours"),
            ({"hours": "eight"}, "hours"),
            ({"target_sphere": None}, "target_sphere"),
            ({"kind": "all"}, "kind"),
            ({"reason": " "}, "reason"),
            ({"more": 1}, "more"),
        ],
    )
    def test_a_wrong_body_names_its_field(self, change: dict[str, Any], field: str, alice: Person) -> None:
        answer = alice.api.post("governance/elevations/", {"reason": WHY, **ACROSS, **change})
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {field}

    def test_a_wrong_question_is_refused(self, alice: Person) -> None:
        assert alice.api.get("governance/elevations/?state=over").status_code == 400
        assert alice.api.get(f"governance/elevations/{alice.user.pk}/").status_code == 404

    def test_the_same_request_asked_twice_is_one_question(self, alice: Person) -> None:
        first, second = (alice.api.post("governance/elevations/", {"reason": WHY, **SECRETS}) for _ in range(2))
        assert first.json()["checkpoint"]["id"] == second.json()["checkpoint"]["id"]
        assert len(alice.api.get("governance/elevations/").json()["results"]) == 1
