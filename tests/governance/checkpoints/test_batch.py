"""Several alike questions with one look at all of them: each its own vote, its own entry, its own refusal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.checkpoints.batch import template_of
from governance.checkpoints.models import Checkpoint
from governance.errors import CheckpointRequired
from governance.models import AuditEntry, Vote
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, counted, make_rule, make_viewer, status_of, vote
from tests.spheres import makers

API, PAGE = "governance/checkpoints/batch/", "/approvals/batch/"


def three(person: Person, identity: Any = None) -> list[dict[str, Any]]:
    return [ask(person, identity, subject=day, body=f"À {day}, 10 h.") for day in ("lundi", "mardi", "jeudi")]


def body(shown: list[dict[str, Any]], decision: str = "approve", **more: Any) -> dict[str, Any]:
    listed = [{"id": one["id"], "envelope_digest": one["envelope_digest"]} for one in shown]
    return {"decision": decision, "checkpoints": listed, **more}


def items(shown: list[dict[str, Any]], decision: str = "approve") -> dict[str, Any]:
    return {"item": [f"{one['id']}:{one['envelope_digest']}" for one in shown], "decision": decision}


def address(shown: list[dict[str, Any]]) -> str:
    return PAGE + "?" + "&".join(f"checkpoint={one['id']}" for one in shown)


def deletion(person: Person) -> dict[str, Any]:
    """A question of another template."""
    make_rule(person, conditions=[{"key": "effect", "op": "eq", "value": "DELETE"}])
    with person.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("spheres.item.delete", {"item": makers.item("Recette", sphere="personal").pk})
    found: dict[str, Any] = stopped.value.checkpoint
    return found


def test_each_is_a_vote_with_an_entry_of_its_own(alice: Person) -> None:
    shown = three(alice)
    answer = alice.api.post(API, body(shown, comment="Oui"))
    assert answer.status_code == 200
    assert [one["checkpoint"]["status"] for one in answer.json()["results"]] == ["approved"] * 3
    with alice.looking():
        votes = Vote.objects.filter(checkpoint_id__in=[one["id"] for one in shown])
        assert {str(one.checkpoint_id): one.envelope_digest for one in votes} == {
            one["id"]: one["envelope_digest"] for one in shown
        }
        assert AuditEntry.objects.filter(action="governance.checkpoint.decide").count() == 3


def test_what_has_changed_is_refused_alone_and_said(alice: Person) -> None:
    shown = three(alice)
    shown[1]["envelope_digest"] = "0" * 64
    alice.api.post(f"governance/checkpoints/{shown[2]['id']}/decision/", vote(shown[2], "reject"))
    results = alice.api.post(API, body(shown)).json()["results"]
    assert [one["problem"] and one["problem"]["code"] for one in results] == [
        None,
        "stale_checkpoint",
        "already_decided",
    ]
    assert [one["checkpoint"] is None for one in results] == [False, True, True]
    assert [status_of(alice, one) for one in shown] == ["approved", "pending", "rejected"]


def test_unlike_ones_are_refused_together(alice: Person) -> None:
    shown = [ask(alice), deletion(alice)]
    answer = alice.api.post(API, body(shown))
    assert (answer.status_code, answer.json()["code"]) == (409, "mixed_templates")
    assert [status_of(alice, one) for one in shown] == ["pending"] * 2


def test_a_template_is_the_action_the_kind_and_the_shape_of_the_preview(alice: Person) -> None:
    first, second, other = ask(alice), ask(alice, subject="Mercredi", to=["a@example.org"]), deletion(alice)
    with alice.looking():
        found = {str(row.pk): template_of(row) for row in Checkpoint.objects.all()}
        row = Checkpoint.objects.get(pk=first["id"])
    assert found[first["id"]] == found[second["id"]] != found[other["id"]]
    row.preview = {**row.preview, "attachment": "x"}
    assert template_of(row) != found[first["id"]]


@pytest.mark.parametrize(
    "terms", [{"level": "high"}, {"level": "critical"}, {"quorum": 2}, {"exclude_requester": True}]
)
def test_what_asks_for_more_care_is_decided_alone(alice: Person, terms: dict[str, Any]) -> None:
    make_rule(alice, **terms)
    shown = three(alice)
    answer = alice.api.post(API, body(shown))
    assert (answer.status_code, answer.json()["code"]) == (409, "decided_alone")
    assert {status_of(alice, one) for one in shown} == {"pending"}
    assert alice.browser.get(address(shown)).status_code == 409
    assert 'name="checkpoint"' not in alice.browser.get("/approvals/").content.decode()


def test_one_whose_level_was_raised_meanwhile_is_refused_alone(alice: Person, monkeypatch: Any) -> None:
    from governance.checkpoints import batch

    shown, checked = three(alice)[:2], batch.check_together

    def then_raised(rows: Any, solo: bool) -> None:
        checked(rows, solo)
        perform("governance.checkpoint.escalate", {"checkpoint": rows[0].pk})

    monkeypatch.setattr("governance.checkpoints.batch_api.check_together", then_raised)
    results = alice.api.post(API, body(shown)).json()["results"]
    assert [one["problem"] and one["problem"]["code"] for one in results] == ["level_raised", None]
    assert status_of(alice, shown[0]) == "pending"


def test_a_low_and_a_medium_one_go_together(alice: Person) -> None:
    shown = three(alice)[:2]
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=shown[0]["id"]).update(level="low")
    assert alice.api.post(API, body(shown, "reject")).status_code == 200
    assert {status_of(alice, one) for one in shown} == {"rejected"}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"decision": "approve", "checkpoints": []},
        {"decision": "maybe", "checkpoints": [{"id": str(UUID(int=1)), "envelope_digest": "0" * 64}]},
        {"decision": "approve", "checkpoints": [{"id": str(UUID(int=1))}]},
        {
            "decision": "approve",
            "checkpoints": [{"id": str(UUID(int=n)), "envelope_digest": "0" * 64} for n in range(21)],
        },
        {"decision": "approve", "checkpoints": [{"id": str(UUID(int=1)), "envelope_digest": "0" * 64}] * 2},
    ],
)
def test_a_body_that_says_something_else_is_400(alice: Person, wrong: dict[str, Any]) -> None:
    assert alice.api.post(API, wrong).status_code == 400


def test_a_stranger_decides_none_of_them(alice: Person, charlie: Person) -> None:
    mine, theirs = ask(charlie), ask(alice)
    assert charlie.api.post(API, body([mine, theirs])).status_code == 403
    assert status_of(charlie, mine) == "pending"
    assert charlie.api.post(API, body([{**mine, "id": str(uuid7())}])).status_code == 404
    assert charlie.browser.get(address([mine, theirs])).status_code == 403


def test_a_viewer_is_refused(alice: Person, bob: Person, workshop: Any) -> None:
    from tests.cast import Api

    shown = three(alice, workshop)
    make_viewer(bob, workshop)
    assert Api(bob.user, workshop).post(API, body(shown)).status_code == 403
    assert {status_of(alice, one, workshop) for one in shown} == {"pending"}


def test_the_page_shows_every_word_before_one_approves_all(alice: Person) -> None:
    shown = three(alice)
    queue = alice.browser.get("/approvals/").content.decode()
    assert queue.count('form="together"') == 3
    page = alice.browser.get(address(shown)).content.decode()
    assert all(f"À {day}, 10 h." in page for day in ("lundi", "mardi", "jeudi"))
    assert all(f'value="{one["id"]}:{one["envelope_digest"]}"' in page for one in shown)
    answer = alice.post(PAGE, items(shown[:2]))
    assert (answer.status_code, answer["Location"]) == (302, "/approvals/")
    assert [status_of(alice, one) for one in shown] == ["approved", "approved", "pending"]


def test_the_page_shows_again_what_was_refused(alice: Person) -> None:
    shown = three(alice)
    alice.api.post(f"governance/checkpoints/{shown[0]['id']}/decision/", vote(shown[0], "reject"))
    answer = alice.post(PAGE, items(shown))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert page.count("data-problem") == 1
    assert "À lundi, 10 h." in page
    assert "À mardi, 10 h." not in page
    assert [status_of(alice, one) for one in shown] == ["rejected", "approved", "approved"]


def test_one_alone_is_offered_no_choice(alice: Person) -> None:
    ask(alice)
    assert 'id="together"' not in alice.browser.get("/approvals/").content.decode()


@pytest.mark.parametrize("form", [{}, {"item": "x"}, {"item": f"{UUID(int=1)}:{'0' * 63}"}])
def test_nothing_chosen_leads_back_to_the_queue(alice: Person, form: dict[str, str]) -> None:
    ask(alice)
    answer = alice.post(PAGE, {**form, "decision": "approve"})
    assert answer.status_code == 400
    assert "data-problem" in answer.content.decode()
    assert alice.browser.get(PAGE).status_code == 400
    assert alice.browser.get(f"{PAGE}?checkpoint=x").status_code == 400


def test_no_decision_leaves_them_as_they_are(alice: Person) -> None:
    shown = three(alice)
    answer = alice.post(PAGE, items(shown, "maybe"))
    assert answer.status_code == 400
    assert {status_of(alice, one) for one in shown} == {"pending"}


def test_under_changed_rules_it_is_shown_but_not_offered(alice: Person) -> None:
    shown = three(alice)
    make_rule(alice, effect="log")
    page = alice.browser.get(address(shown)).content.decode()
    assert 'name="item"' not in page
    assert 'value="approve"' not in page


def test_three_cost_as_many_statements_as_one(alice: Person) -> None:
    shown = three(alice)
    alice.browser.get(address(shown))
    with counted() as one:
        alice.browser.get(address(shown[:1]))
    with counted() as all_of_them:
        alice.browser.get(address(shown))
    assert len(one) == len(all_of_them)
