"""`/api/v2/governance/transfers/…`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.access.stepup import proof
from governance.crossings.models import Crossing
from tests.cast import Api, Person
from tests.governance.crossings.carrying import TEXT, carried_out, crossed, item_of, note, offered, row_of

LIST = "governance/transfers/"


def proven(person: Person, identity: Any = None) -> Api:
    """A program whose person has just shown who they are."""
    return Api(person.user, identity, proofs=[proof("password")])


def digest_of(person: Person, pk: Any, identity: Any = None) -> str:
    with person.looking(identity):
        return str(Crossing.objects.select_related("checkpoint").get(pk=pk).checkpoint.envelope_digest)


def test_from_a_request_to_a_copy_by_program(alice: Person) -> None:
    source, api = note(alice), proven(alice)
    stopped = api.post(LIST, {"object": str(source.pk), "to_sphere": "creative"})
    assert (stopped.status_code, stopped.json()["code"]) == (423, "checkpoint_required")
    question = stopped.json()["checkpoint"]
    path = f"{LIST}{question['id']}/"
    assert (api.get(path).json()["state"], len(api.get(path).json()["steps"])) == ("waiting", 6)
    stale = api.post(f"{path}approve/", {"envelope_digest": "0" * 64})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_checkpoint")
    agreed = api.post(f"{path}approve/", {"envelope_digest": question["envelope_digest"]})
    assert agreed.status_code == 200, agreed.content
    carried_out(alice, question)
    done = api.get(path).json()
    assert (done["state"], done["from_sphere"], done["to_sphere"]) == ("done", "business", "creative")
    assert item_of(alice, done["made"]).content == TEXT


def test_from_an_offer_to_an_answer_by_program(alice: Person, workshop: Any) -> None:
    here, there = proven(alice), proven(alice, workshop)
    stopped = here.post(LIST, {"object": str(note(alice).pk), "to_identity": str(workshop.pk)})
    question = stopped.json()["checkpoint"]
    assert (stopped.status_code, question["kind"]) == (423, "identity_boundary")
    here.post(f"{LIST}{question['id']}/approve/", {"envelope_digest": question["envelope_digest"]})
    carried_out(alice, question)
    [arrived] = there.get(f"{LIST}?direction=in&state=offered").json()["results"]
    path = f"{LIST}{arrived['id']}/"
    second = there.post(f"{path}accept/", {"sphere": "team"})
    assert second.status_code == 423
    shown = second.json()["checkpoint"]
    there.post(f"{path}approve/", {"envelope_digest": shown["envelope_digest"]})
    carried_out(alice, shown, workshop)
    assert there.get(path).json()["state"] == here.get(f"{LIST}{question['id']}/").json()["state"] == "done"


def test_rejecting_refuses_a_question_and_declines_an_offer(alice: Person, workshop: Any) -> None:
    source, api = note(alice), proven(alice)
    asked = api.post(LIST, {"object": str(source.pk), "to_sphere": "creative"}).json()["checkpoint"]
    path = f"{LIST}{asked['id']}/reject/"
    assert api.post(path).status_code == 400
    said = api.post(path, {"envelope_digest": asked["envelope_digest"]})
    assert (said.status_code, said.json()["state"]) == (200, "refused")
    _, arrived = offered(alice, source, None, workshop)
    declined = proven(alice, workshop).post(f"{LIST}{arrived.pk}/reject/")
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")


def test_what_is_missing_or_wrong_is_named(alice: Person, workshop: Any) -> None:
    source = str(note(alice).pk)
    for body, field in (
        ({"object": source}, "to_sphere"),
        ({"object": source, "to_sphere": "team", "to_identity": str(workshop.pk)}, "to_sphere"),
        ({"object": source, "to_sphere": "attic"}, "to_sphere"),
        ({"object": "x", "to_sphere": "team"}, "object"),
        ({"to_sphere": "team"}, "object"),
        ({"object": source, "to_sphere": "team", "kind": "house"}, "kind"),
    ):
        answer = alice.api.post(LIST, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert alice.api.get(f"{LIST}?state=nowhere").status_code == 400
    assert alice.api.get(f"{LIST}{uuid4()}/").status_code == 404
    assert alice.api.post(LIST, {"object": str(uuid4()), "to_sphere": "team"}).status_code == 404


def test_somebody_elses_identity_is_refused_and_on_record(alice: Person, charlie: Person) -> None:
    body = {"object": str(note(alice).pk)}
    foreign = alice.api.post(LIST, body | {"to_identity": str(charlie.identity.pk)})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "identity_boundary_violation")
    assert str(charlie.identity.pk) not in foreign.content.decode()
    assert alice.api.get("governance/violations/").json()["results"][0]["kind"] == "invalid_identity"
    assert alice.api.post(LIST, body | {"to_identity": str(uuid4())}).status_code == 404


def test_nothing_to_decide_is_a_conflict(alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    answer = proven(alice, workshop).post(f"{LIST}{arrived.pk}/approve/", {"envelope_digest": "0" * 64})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_decide")


def test_a_list_is_filtered_and_costs_the_same_however_long(alice: Person, workshop: Any) -> None:
    source = note(alice)
    first = crossed(alice, source)
    offered(alice, source, None, workshop)
    assert len(alice.api.get(LIST).json()["results"]) == 2
    for wanted, found in (
        ("state=done", 1), ("state=offered", 1), ("direction=out", 1), ("state=refused", 0),
        (f"object={source.pk}", 2), (f"made={first.made_id}", 1),
    ):  # fmt: skip
        assert len(alice.api.get(f"{LIST}?{wanted}").json()["results"]) == found, wanted
    before = cost(alice)
    for _ in range(2):
        offered(alice, note(alice), None, workshop)
    assert cost(alice) == before
    page = alice.api.get(f"{LIST}?limit=1").json()
    assert (len(page["results"]), bool(page["next"])) == (1, True)


def cost(person: Person) -> int:
    api = person.api
    with CaptureQueriesContext(connection) as seen:
        assert api.get(LIST).status_code == 200
    return len(seen)


def test_a_token_may_look_and_ask_but_not_decide_nor_cross_identities(alice: Person, workshop: Any) -> None:
    with alice.acting(proved=lambda second: True):
        from governance.perform import perform

        given = {"name": "P", "scopes": ["governance:read", "governance:write"], "identity": alice.identity.pk}
        _, secret = perform("governance.token.create", given)
    source = note(alice)
    api = Api(None)
    api.headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert api.get(LIST).status_code == 200
    stopped = api.post(LIST, {"object": str(source.pk), "to_sphere": "creative"})
    assert stopped.status_code == 423
    asked = stopped.json()["checkpoint"]
    agreed = api.post(f"{LIST}{asked['id']}/approve/", {"envelope_digest": asked["envelope_digest"]})
    assert agreed.status_code == 403
    assert api.post(LIST, {"object": str(source.pk), "to_identity": str(workshop.pk)}).status_code == 403
    assert row_of(alice, asked["id"]).state == "waiting"
