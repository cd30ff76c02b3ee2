"""threads/api.py: the pinned shapes, the refusals, and lists that cost the same however long."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from governance.perform import perform
from tests.cast import Api, Person, make_workshop
from tests.threads.conftest import MakeThread

THREAD = {"title": "Bail", "sphere": "business", "type": "task"}


@pytest.fixture
def path(thread: Any) -> str:
    return f"threads/{thread.pk}/"


def test_a_thread_is_made_with_the_pinned_fields(alice: Person) -> None:
    answer = alice.api.post("threads/", THREAD)
    body = answer.json()
    assert answer.status_code == 201
    assert {name: body[name] for name in THREAD} == THREAD
    assert (body["status"], body["token_budget"], body["tokens_used"], body["cost_pico_usd"]) == (
        "active",
        10_000,
        0,
        0,
    )
    assert alice.api.get(f"threads/{body['id']}/").json() == body


def test_what_is_wrong_is_named(alice: Person) -> None:
    answer = alice.api.post("threads/", THREAD | {"sphere": "kitchen", "colour": "red"})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"sphere", "colour"}


def test_the_list_is_narrowed_by_documented_parameters(alice: Person, make_thread: MakeThread) -> None:
    bail = make_thread(alice, title="Bail de Thomas")
    roof = make_thread(alice, title="Toiture", sphere="personal", type="project")
    with alice.acting():
        perform("threads.thread.resolve", {"thread": roof.pk})

    def listed(query: str) -> list[str]:
        return [row["id"] for row in alice.api.get(f"threads/{query}").json()["results"]]

    assert listed("") == [str(roof.pk), str(bail.pk)]
    assert listed("?sphere=business") == [str(bail.pk)]
    assert listed("?status=resolved") == [str(roof.pk)]
    assert listed("?type=project") == [str(roof.pk)]
    assert listed("?q=thomas") == [str(bail.pk)]
    assert listed("?q=thomas&sphere=personal") == []


@pytest.mark.parametrize(
    "query", ["?colour=red", "?sphere=kitchen", "?status=gone", "?limit=0", "?limit=101", "{one}?colour=red"]
)
def test_an_unknown_parameter_is_refused(alice: Person, thread: Any, query: str) -> None:
    assert alice.api.get(f"threads/{query.format(one=f'{thread.pk}/')}").status_code == 400


def test_a_step_takes_no_body(alice: Person, path: str) -> None:
    assert set(alice.api.post(f"{path}resolve/", {"colour": "red"}).json()["errors"]) == {"colour"}


def test_pages_of_threads_follow_each_other(alice: Person, make_thread: MakeThread) -> None:
    ids = [str(make_thread(alice).pk) for _ in range(3)]
    first = alice.api.get("threads/?limit=2").json()
    assert [row["id"] for row in first["results"]] == [ids[2], ids[1]]
    second = alice.api.get(first["next"].split("/api/v2/")[1]).json()
    assert [row["id"] for row in second["results"]] == [ids[0]]
    assert second["next"] is None


def test_renaming_archiving_and_reopening(alice: Person, path: str) -> None:
    assert alice.api.patch(path, {"title": "Avis"}).json()["title"] == "Avis"
    assert alice.api.delete(path).status_code == 204
    assert alice.api.get(path).json()["status"] == "archived"
    refused = alice.api.patch(path, {"title": "Autre"})
    assert (refused.status_code, refused.json()["code"]) == (409, "thread_archived")
    assert alice.api.delete(path).json()["code"] == "thread_archived"
    assert alice.api.post(f"{path}reopen/").json()["status"] == "active"
    assert alice.api.post(f"{path}resolve/").json()["status"] == "resolved"
    assert alice.api.post(f"{path}resolve/").json()["code"] == "thread_state"


def test_only_the_title_is_patched(alice: Person, path: str) -> None:
    assert set(alice.api.patch(path, {"status": "archived"}).json()["errors"]) == {"title", "status"}
    assert alice.api.patch(path, {"title": "x", "thread": str(uuid7())}).status_code == 400


def test_a_message_is_written_with_the_pinned_fields(alice: Person, path: str) -> None:
    answer = alice.api.post(f"{path}messages/", {"content": "Bonjour"})
    body = answer.json()
    assert answer.status_code == 201
    assert (body["kind"], body["content"]) == ("text", "Bonjour")
    assert body["author"] == {"kind": "person", "id": str(alice.user.pk), "name": "Alice", "agent": ""}
    assert {"id", "created_at", "reply_to", "corrects", "sources"} <= body.keys()
    assert alice.api.get(f"{path}messages/").json()["results"] == [body]


def test_messages_are_read_in_the_order_said_or_backwards_or_from_one_on(alice: Person, path: str) -> None:
    ids = [alice.api.post(f"{path}messages/", {"content": str(n)}).json()["id"] for n in range(3)]

    def listed(query: str = "") -> list[str]:
        return [row["id"] for row in alice.api.get(f"{path}messages/{query}").json()["results"]]

    assert listed() == ids
    assert listed("?order=newest") == ids[::-1]
    assert listed(f"?after={ids[0]}") == ids[1:]
    assert alice.api.get(f"{path}messages/?order=loudest").status_code == 400
    assert alice.api.get(f"{path}messages/?after=x").status_code == 400
    assert alice.api.get(f"{path}messages/?after={uuid7()}").status_code == 404


def test_a_message_is_answered_and_corrected(alice: Person, path: str) -> None:
    first = alice.api.post(f"{path}messages/", {"content": "1 065 $"}).json()
    answer = alice.api.post(f"{path}messages/", {"content": "Non", "reply_to": first["id"]}).json()
    assert answer["reply_to"] == first["id"]
    correct = f"{path}messages/{first['id']}/correct/"
    corrected = alice.api.post(correct, {"content": "1 061,64 $"})
    assert (corrected.status_code, corrected.json()["corrects"]) == (201, first["id"])
    assert alice.api.post(correct, {"content": "encore"}).json()["code"] == "already_corrected"


def test_the_same_request_twice_says_it_once(alice: Person, path: str) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "message-0123456789"}
    first, second = (alice.api.post(f"{path}messages/", {"content": "Une fois"}, **key).json() for _ in range(2))
    assert first == second
    assert len(alice.api.get(f"{path}messages/").json()["results"]) == 1


def test_a_decision_is_proposed_adopted_and_superseded(alice: Person, path: str) -> None:
    proposed = alice.api.post(f"{path}decisions/", {"statement": "12 mois", "type": "policy", "options": ["6 mois"]})
    body = proposed.json()
    assert (proposed.status_code, body["status"], body["options"]) == (201, "proposed", ["6 mois"])
    assert body["proposed_by"] == {"id": str(alice.user.pk), "name": "Alice", "agent": ""}
    assert body["adopted_by"] is None
    one = f"{path}decisions/{body['id']}/"
    adopted = alice.api.post(f"{one}adopt/")
    assert (adopted.status_code, adopted.json()["status"]) == (200, "adopted")
    assert adopted.json()["adopted_by"]["id"] == str(alice.user.pk)
    assert alice.api.post(f"{one}adopt/").json()["code"] == "decision_state"
    new = alice.api.post(f"{one}supersede/", {"statement": "6 mois"})
    assert (new.status_code, new.json()["supersedes"], new.json()["type"]) == (201, body["id"], "policy")
    listed = alice.api.get(f"{path}decisions/").json()["results"]
    assert [(row["statement"], row["status"]) for row in listed] == [("6 mois", "adopted"), ("12 mois", "superseded")]
    assert len(alice.api.get(f"{path}decisions/?status=adopted").json()["results"]) == 1


def test_an_object_of_another_thread_is_not_there(alice: Person, path: str, make_thread: MakeThread) -> None:
    other = f"threads/{make_thread(alice).pk}/"
    message = alice.api.post(f"{path}messages/", {"content": "x"}).json()["id"]
    decision = alice.api.post(f"{path}decisions/", {"statement": "x"}).json()["id"]
    for wrong in (f"{other}messages/{message}/correct/", f"{other}decisions/{decision}/adopt/"):
        assert alice.api.post(wrong, {"content": "x"}).status_code == 404


URLS = ["", "messages/", "decisions/", "resolve/", "reopen/"]


@pytest.mark.parametrize("rest", URLS)
def test_a_foreign_thread_is_refused_whatever_the_body_holds(charlie: Person, path: str, rest: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answer = charlie.api.request(method, path + rest, b"{broken")
        assert answer.status_code in {403, 405}
        if answer.status_code == 403:
            assert answer.json()["code"] == "identity_boundary_violation"


@pytest.mark.parametrize("rest", URLS)
def test_a_thread_of_nobody_is_not_there(alice: Person, rest: str) -> None:
    assert alice.api.request("PATCH" if not rest else "POST", f"threads/{uuid7()}/{rest}", {}).status_code == 404
    assert alice.api.request("POST", f"threads/17/{rest}", {}).status_code == 404


def test_nobody_in_particular_is_asked_who_they_are(db: None, path: str) -> None:
    for url in ("threads/", path, f"{path}messages/", f"{path}decisions/"):
        assert Api(None).get(url).status_code == 401


def test_a_body_that_claims_another_identity_is_refused(alice: Person, charlie: Person, path: str) -> None:
    for url, body in [("threads/", THREAD), (f"{path}messages/", {"content": "x"})]:
        claimed = alice.api.post(url, body | {"identity_id": str(charlie.identity.pk)})
        assert claimed.status_code == 403
        assert alice.api.post(url, body | {"identity_id": str(alice.identity.pk)}).status_code == 201


def test_a_viewer_reads_and_changes_nothing(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    path = f"threads/{make_thread(alice, firm).pk}/"
    api = Api(bob.user, firm)
    assert api.get(path).status_code == 200
    for method, url, body in [
        ("POST", "threads/", THREAD),
        ("PATCH", path, {"title": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}messages/", {"content": "x"}),
        ("POST", f"{path}decisions/", {"statement": "x"}),
        ("POST", f"{path}resolve/", None),
    ]:
        refused = api.request(method, url, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_an_archived_thread_answers_with_a_conflict(alice: Person, path: str) -> None:
    alice.api.delete(path)
    for url, body in [("messages/", {"content": "x"}), ("decisions/", {"statement": "x"}), ("resolve/", None)]:
        refused = alice.api.post(path + url, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "thread_archived")


def queries(person: Person, url: str) -> int:
    api = person.api
    api.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert api.get(url).status_code == 200
    return len(asked)


def test_lists_cost_the_same_for_one_row_and_for_three(alice: Person, path: str, make_thread: MakeThread) -> None:
    def add() -> None:
        make_thread(alice)
        alice.api.post(f"{path}messages/", {"content": "x"})
        alice.api.post(f"{path}decisions/", {"statement": "x"})

    urls = ["threads/", f"{path}messages/", f"{path}decisions/"]
    add()
    one = {url: queries(alice, url) for url in urls}
    add()
    add()
    assert {url: queries(alice, url) for url in urls} == one
