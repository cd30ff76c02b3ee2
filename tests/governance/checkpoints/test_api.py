"""`/api/v2/governance/checkpoints/…` and `messages/` (design 6.2, pinned)."""

from __future__ import annotations

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from governance.checkpoints import runs
from governance.checkpoints.carrying import carry_out_approved
from governance.models import OutboundMail
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import (
    MAIL,
    ask,
    counted,
    make_overdue,
    make_rule,
    make_viewer,
    status_of,
    vote,
)

LIST = "governance/checkpoints/"


def url(shown: dict[str, Any], tail: str = "") -> str:
    return f"{LIST}{shown['id']}/{tail}"


def ask_in_run(person: Person, **changes: Any) -> tuple[dict[str, Any], Any]:
    run = uuid7()
    with person.acting(agent="nova", run_id=run), pytest.raises(Exception) as stopped:
        perform("governance.message.send", MAIL | changes)
    return stopped.value.checkpoint, run  # type: ignore[attr-defined]


def test_a_person_sends_by_the_api_and_is_answered_423(alice: Person) -> None:
    answer = alice.api.post("governance/messages/", MAIL)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (423, "checkpoint_required")
    assert answer.headers["Retry-After"]
    assert problem["checkpoint"]["preview"]["subject"] == "Mardi"
    assert problem["checkpoint"]["options"] == ["approve", "reject"]
    assert alice.api.get(LIST).json()["results"][0]["id"] == problem["checkpoint"]["id"]


def test_a_message_with_a_wrong_address_is_400_and_asks_nobody(alice: Person) -> None:
    answer = alice.api.post("governance/messages/", MAIL | {"to": ["nobody"]})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["to.0"])
    assert alice.api.get(LIST).json()["results"] == []


def test_the_list_is_narrowed_by_status_run_and_thread(alice: Person) -> None:
    first, second = ask(alice), ask(alice, subject="Mercredi")
    third, run = ask_in_run(alice, subject="Jeudi")
    alice.api.post(url(first, "decision/"), vote(first, "reject"))

    def ids(query: str) -> list[str]:
        return [row["id"] for row in alice.api.get(LIST + query).json()["results"]]

    assert ids("") == [third["id"], second["id"], first["id"]]
    assert ids("?status=pending") == [second["id"], third["id"]]
    assert ids("?status=rejected") == [first["id"]]
    assert ids(f"?run={run}") == [third["id"]]
    assert ids(f"?thread={uuid7()}") == []


@pytest.mark.parametrize("query", ["?status=waiting", "?run=x", "?colour=red", "?limit=0", "?cursor=zzz"])
def test_a_filter_nobody_knows_is_400(alice: Person, query: str) -> None:
    assert alice.api.get(LIST + query).status_code in {400, 404}


@pytest.mark.parametrize("query", ["", "status=pending&"])
def test_pages_of_the_list_follow_each_other(alice: Person, query: str) -> None:
    asked = {ask(alice, subject=f"n° {n}")["id"] for n in range(5)}
    seen: list[str] = []
    path: str | None = f"{LIST}?{query}limit=2"
    while path:
        page = alice.api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"] and LIST + "?" + page["next"].partition("?")[2]
    assert len(seen) == 5
    assert set(seen) == asked


def test_the_list_costs_the_same_for_one_row_and_for_three(alice: Person) -> None:
    ask(alice)
    api = alice.api
    with counted() as one:
        assert len(api.get(LIST).json()["results"]) == 1
    ask(alice, subject="Mercredi")
    ask(alice, subject="Jeudi")
    with counted() as three:
        assert len(api.get(LIST).json()["results"]) == 3
    assert len(three) == len(one)


def test_one_checkpoint_is_told_in_full(alice: Person) -> None:
    shown = ask(alice)
    told = alice.api.get(url(shown)).json()
    assert told == {**shown, "question": told["question"], "stale": False}
    assert "paul@example.com" in told["question"]


def test_a_changed_rule_set_makes_it_stale(alice: Person) -> None:
    shown = ask(alice)
    make_rule(alice, effect="log")
    assert alice.api.get(url(shown)).json()["stale"] is True


def test_an_approval_is_answered_with_the_checkpoint_and_carried_out(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.api.post(url(shown, "decision/"), vote(shown, comment="d'accord"))
    body = answer.json()
    assert (answer.status_code, body["run"]) == (200, None)
    assert (body["checkpoint"]["id"], body["checkpoint"]["status"]) == (shown["id"], "approved")
    assert [(v["person"], v["decision"], v["comment"]) for v in body["checkpoint"]["votes"]] == [
        ("Alice", "approve", "d'accord")
    ]
    assert body["checkpoint"]["options"] == []
    with alice.acting():
        carry_out_approved(shown["id"])
    assert alice.api.get(url(shown)).json()["status"] == "executed"


def test_the_runs_status_comes_with_the_decision(alice: Person, monkeypatch: Any) -> None:
    shown, run = ask_in_run(alice)
    monkeypatch.setattr(runs, "_status", lambda run_id: "executing" if run_id == run else None)
    body = alice.api.post(url(shown, "decision/"), vote(shown)).json()
    assert body["run"] == {"id": str(run), "status": "executing"}


def test_a_second_decision_is_409(alice: Person) -> None:
    shown = ask(alice)
    alice.api.post(url(shown, "decision/"), vote(shown, "reject"))
    again = alice.api.post(url(shown, "decision/"), vote(shown))
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


def test_another_digest_is_409_stale(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.api.post(url(shown, "decision/"), vote({"envelope_digest": "0" * 64}))
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_checkpoint")
    assert status_of(alice, shown) == "pending"


def test_after_its_time_it_is_410(alice: Person) -> None:
    shown = ask(alice)
    make_overdue(alice, shown)
    answer = alice.api.post(url(shown, "decision/"), vote(shown))
    assert (answer.status_code, answer.json()["code"]) == (410, "checkpoint_expired")
    assert alice.api.get(url(shown)).json()["options"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "maybe", "envelope_digest": "0" * 64},
        {"decision": "approve"},
        {"decision": "approve", "envelope_digest": "xyz"},
        {"decision": "approve", "envelope_digest": "0" * 64, "comment": "x" * 501},
        {"decision": "approve", "envelope_digest": "0" * 64, "checkpoint": str(uuid7())},
        {"decision": "approve", "envelope_digest": "0" * 64, "force": True},
    ],
)
def test_an_unclear_decision_is_400(alice: Person, body: dict[str, Any]) -> None:
    shown = ask(alice)
    assert alice.api.post(url(shown, "decision/"), body).status_code == 400
    assert status_of(alice, shown) == "pending"


def test_a_stranger_is_refused_whatever_the_body_holds(alice: Person, charlie: Person) -> None:
    shown = ask(alice)
    for answer in (
        charlie.api.get(url(shown)),
        charlie.api.post(url(shown, "decision/"), vote(shown)),
        charlie.api.post(url(shown, "decision/"), b"{not json"),
        charlie.api.patch(url(shown, "parameters/"), {"parameters": {"subject": "x"}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "identity_boundary_violation")
        assert "Mardi" not in answer.content.decode()
    assert charlie.api.get(LIST).json()["results"] == []
    assert charlie.api.get(f"{LIST}{uuid7()}/").status_code == 404
    assert status_of(alice, shown) == "pending"


def test_a_viewer_sees_that_it_waits_but_not_what(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop)
    make_viewer(bob, workshop)
    api = Api(bob.user, workshop)
    for told in (api.get(url(shown)).json(), api.get(LIST).json()["results"][0]):
        assert (told["preview"], told["question"], told["options"], told["votes"]) == ({}, "", [], [])
        assert (told["status"], told["action"]) == ("pending", "governance.message.send")
    assert api.post(url(shown, "decision/"), vote(shown)).status_code == 403
    assert api.patch(url(shown, "parameters/"), {"parameters": {"subject": "x"}}).status_code == 403
    assert api.post("governance/messages/", MAIL).status_code == 403


def test_who_is_excluded_or_has_voted_is_offered_no_option(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, exclude_requester=True)
    shown = ask(alice, workshop)
    assert Api(alice.user, workshop).get(url(shown)).json()["options"] == []
    assert Api(bob.user, workshop).get(url(shown)).json()["options"] == ["approve", "reject"]


def test_new_parameters_are_a_new_checkpoint(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.api.patch(url(shown, "parameters/"), {"parameters": {"subject": "Mercredi"}})
    new = answer.json()
    assert (answer.status_code, new["status"], new["preview"]["subject"]) == (200, "pending", "Mercredi")
    assert new["id"] != shown["id"]
    old = alice.api.get(url(shown)).json()
    assert (old["status"], old["options"]) == ("superseded", [])
    dead = alice.api.post(url(new, "decision/"), vote(shown))
    assert (dead.status_code, dead.json()["code"]) == (409, "stale_checkpoint")
    assert alice.api.post(url(new, "decision/"), vote(new)).json()["checkpoint"]["status"] == "approved"
    with alice.acting():
        carry_out_approved(new["id"])
    with alice.looking():
        assert list(OutboundMail.objects.values_list("subject", flat=True)) == ["Mercredi"]


def test_wrong_parameters_are_named(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.api.patch(url(shown, "parameters/"), {"parameters": {"subject": ""}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["parameters.subject"])


def test_a_claimed_identity_is_refused(alice: Person, bob: Person) -> None:
    shown = ask(alice)
    body = vote(shown, identity_id=str(bob.identity.pk))
    assert alice.api.post(url(shown, "decision/"), body).json()["code"] == "identity_boundary_violation"
    assert status_of(alice, shown) == "pending"
    own = vote(shown, identity_id=str(alice.identity.pk))
    assert alice.api.post(url(shown, "decision/"), own).status_code == 200


def test_the_same_key_decides_once_and_answers_twice(alice: Person) -> None:
    shown = ask(alice)
    key = {"HTTP_IDEMPOTENCY_KEY": "0123456789abcdef"}
    answers = [alice.api.post(url(shown, "decision/"), vote(shown), **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def test_nobody_in_particular_is_401(alice: Person) -> None:
    shown = ask(alice)
    anonymous = Api(None)
    assert anonymous.get(LIST).status_code == 401
    assert anonymous.post(url(shown, "decision/"), vote(shown)).status_code == 401
