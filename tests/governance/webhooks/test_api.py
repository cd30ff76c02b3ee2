"""`/api/v2/webhooks/`: for owners and administrators in person; a token may look."""

from __future__ import annotations

from typing import Any

import pytest

from governance.models import Webhook
from governance.perform import perform
from tests.cast import Person, make_person, make_workshop
from tests.governance.access.doors import call, sign_in
from tests.governance.access.test_stepup import program_later
from tests.governance.webhooks.conftest import again, deliver, deliveries, make_hook
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers

BODY = {"name": "Comptabilité", "url": "https://8.8.8.8/in", "events": ["task.created", "task.created"]}


class Program:
    """A signed-in program of a person, acting for one identity."""

    def __init__(self, person: Person, identity: Any = None) -> None:
        self.token = sign_in(person)["access"]
        self.more = {"HTTP_X_IDENTITY_ID": str(identity.pk)} if identity else {}

    def ask(self, method: str, path: str = "", body: Any = None, **more: Any) -> Any:
        return call(method, f"webhooks/{path}", body, token=self.token, **self.more, **more)


@pytest.fixture
def program(alice: Person) -> Program:
    return Program(alice)


def test_one_life_of_a_webhook(program: Program, alice: Person, receiver: Receiver) -> None:
    made = program.ask("POST", body=BODY)
    assert made.status_code == 201, made.content
    made = made.json()
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["enabled"], made["state"]) == (["task.created"], True, "active")
    one = f"{made['id']}/"
    shown = program.ask("GET", one).json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert program.ask("GET").json()["results"] == [shown]
    changed = program.ask("PATCH", one, {"url": receiver.url, "enabled": False}).json()
    assert (changed["url"], changed["enabled"], changed["state"]) == (f"{receiver.url}/", False, "paused")
    rotated = program.ask("POST", f"{one}rotate/").json()
    assert rotated["secret"] != made["secret"]
    assert program.ask("DELETE", one).status_code == 204
    assert program.ask("GET").json()["results"] == []
    assert [row["id"] for row in program.ask("GET", "?state=removed").json()["results"]] == [made["id"]]
    assert program.ask("POST", f"{one}restore/").json()["state"] == "paused"


def test_a_test_is_sent_at_once_and_its_result_told(program: Program, alice: Person, receiver: Receiver) -> None:
    row, secret = make_hook(alice, receiver.url, "dataspace.created")
    receiver.answer = b"hello"
    with alice.acting():
        perform("governance.webhook.update", {"webhook": row.pk, "enabled": False})  # also while it is paused
    told = program.ask("POST", f"{row.pk}/test/").json()
    (one,) = receiver.received
    assert signed_by(secret, one)
    assert one.json["event"] == told["event"] == "webhook.test"
    assert told["body"] == one.json
    assert told["state"] == "delivered"
    assert [attempt["status"] for attempt in told["attempts"]] == [204]
    receiver.statuses = [500]
    told = program.ask("POST", f"{row.pk}/test/").json()
    assert (told["state"], told["attempts"][0]["answer"], told["next_attempt_at"]) == ("failed", "hello", None)
    assert again(alice, row).failing_since is None


def test_deliveries_are_listed_filtered_and_sent_again(program: Program, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    with alice.acting():
        for title in ("a", "b", "c"):
            makers.task(title, sphere="personal")
        makers.space("Chalet", sphere="personal")
    deliver(alice, row)
    path = f"{row.pk}/deliveries/"
    page = program.ask("GET", f"{path}?limit=3").json()
    assert [one["event"] for one in page["results"]] == ["dataspace.created", "task.created", "task.created"]
    assert "body" not in page["results"][0]
    rest = program.ask("GET", path + "?" + page["next"].partition("?")[2]).json()
    assert [one["event"] for one in rest["results"]] == ["task.created"]
    assert len(program.ask("GET", f"{path}?event=task.created&state=delivered").json()["results"]) == 3
    assert program.ask("GET", f"{path}?state=failed").json()["results"] == []
    one = page["results"][0]["id"]
    assert program.ask("GET", f"{path}{one}/").json()["body"]["data"]["name"] == "Chalet"
    assert program.ask("POST", f"{path}{one}/redeliver/").json()["state"] == "pending"
    assert program.ask("POST", f"{path}{one}/redeliver/").json()["code"] == "still_waits"
    deliver(alice, row)
    assert len(receiver.received) == 5


@pytest.mark.parametrize("query", ["?state=on", "?limit=0", "?cursor=x", "?unknown=1"])
def test_what_a_list_does_not_know_is_a_400(query: str, program: Program, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    for path in ("", f"{row.pk}/deliveries/"):
        assert program.ask("GET", path + query).status_code == 400


def test_a_delivery_is_found_under_its_own_webhook_only(program: Program, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    other, _ = make_hook(alice, receiver.url, "dataspace.created")
    with alice.acting():
        makers.task("a", sphere="personal")
    (one,) = deliveries(alice)
    assert program.ask("GET", f"{row.pk}/deliveries/{one.pk}/").status_code == 200
    assert program.ask("GET", f"{other.pk}/deliveries/{one.pk}/").status_code == 404
    assert program.ask("POST", f"{other.pk}/deliveries/{one.pk}/redeliver/").status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"url": "http://10.0.0.1/"}, {"events": []}, {"events": ["x"]}, {"name": "a\nb"}, {"enabled": 7}, {"x": 1}, []],
)
def test_bad_changes_are_a_400_and_change_nothing(
    change: Any, program: Program, alice: Person, receiver: Receiver
) -> None:
    row, _ = make_hook(alice, receiver.url)
    answer = program.ask("PATCH", f"{row.pk}/", change)
    assert answer.status_code == 400, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert again(alice, row).changed_at == row.changed_at


def test_a_refused_address_is_told_in_the_reader_s_language(program: Program) -> None:
    refused = program.ask("POST", body=BODY | {"url": "https://localhost/"}, HTTP_ACCEPT_LANGUAGE="en")
    assert refused.json()["errors"] == {
        "url": ["A public https address is needed here, such as https://example.org/hooks."]
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "", BODY), ("POST", "{}/rotate/", None), ("PATCH", "{}/", {"url": "https://8.8.4.4/"})],
)
def test_what_shows_a_secret_or_leads_elsewhere_asks_again_who_is_there(
    method: str, path: str, body: Any, program: Program, alice: Person, receiver: Receiver
) -> None:
    row, _ = make_hook(alice, receiver.url)
    program_later(program.token, 601)
    refused = program.ask(method, path.format(row.pk), body)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert program.ask("PATCH", f"{row.pk}/", {"enabled": False}).status_code == 200
    assert again(alice, row).url == f"{receiver.url}/"


def test_only_owners_and_administrators(alice: Person, receiver: Receiver) -> None:
    workshop = make_workshop(alice)
    row, _ = make_hook(alice, receiver.url, identity=workshop)
    from governance.models import Membership

    for role, allowed in (("admin", True), ("member", False), ("viewer", False)):
        person = make_person("Bob")
        Membership.objects.create(user=person.user, identity=workshop, role=role)
        theirs = Program(person, workshop)
        answers = [
            theirs.ask("GET"),
            theirs.ask("GET", f"{row.pk}/"),
            theirs.ask("GET", f"{row.pk}/deliveries/"),
            theirs.ask("POST", f"{row.pk}/test/"),
            theirs.ask("PATCH", f"{row.pk}/", {"name": "Paie"}),
            theirs.ask("POST", f"{row.pk}/rotate/"),
            theirs.ask("POST", body=BODY),
            theirs.ask("DELETE", f"{row.pk}/"),
        ]
        assert {answer.status_code < 300 for answer in answers} == {allowed}, role
        if not allowed:
            assert {answer.status_code for answer in answers} == {403}


def token_of(person: Person, *scopes: str) -> Any:
    body = {"name": "Sauvegarde", "scopes": list(scopes)}
    return call("POST", "auth/tokens/", body, token=sign_in(person)["access"])


def test_a_token_looks_and_changes_nothing(alice: Person, receiver: Receiver) -> None:
    assert token_of(alice, "webhooks:write").status_code == 400
    row, secret = make_hook(alice, receiver.url)
    token = token_of(alice, "webhooks:read").json()["token"]
    assert call("GET", "webhooks/", token=token).json()["results"][0]["id"] == str(row.pk)
    assert secret not in call("GET", f"webhooks/{row.pk}/", token=token).content.decode()
    for method, path, body in (
        ("POST", "", BODY),
        ("PATCH", f"{row.pk}/", {"name": "x"}),
        ("DELETE", f"{row.pk}/", None),
        ("POST", f"{row.pk}/test/", None),
        ("POST", f"{row.pk}/rotate/", None),
    ):
        refused = call(method, f"webhooks/{path}", body, token=token)
        assert (refused.status_code, refused.json()["code"], refused.json()["scope"]) == (
            403, "insufficient_scope", None,
        )  # fmt: skip
    other = token_of(alice, "tasks:read").json()["token"]
    assert call("GET", "webhooks/", token=other).status_code == 403
    with alice.looking():
        assert Webhook.objects.count() == 1


def test_the_events_are_listed_in_the_reader_s_language(program: Program) -> None:
    found = program.ask("GET", "events/", HTTP_ACCEPT_LANGUAGE="fr").json()["results"]
    assert {"name": "task.completed", "label": "Une tâche est faite"} in found
    assert len(found) == 13
