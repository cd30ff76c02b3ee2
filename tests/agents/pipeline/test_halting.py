"""Kill switches: what is under way in the scope ends, nothing begins there, and no run slips through between."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from agents.llm.exchange import Stop
from agents.models import Run
from agents.pipeline import starting
from agents.runtime import stopping
from governance.errors import BadInput, Conflict, Halted, IdentityBoundary, NotAllowed, NotThere
from governance.kills.models import Kill
from governance.kills.scopes import _stoppers
from governance.models import AuditEntry, Checkpoint
from governance.perform import perform
from tests.agents.pipeline.runs import SEND, asked, decided, started, worked
from tests.cast import Api, Person

pytestmark = pytest.mark.usefixtures("simulator")


def pull(person: Person, scope: str = "identity", ref: str = "", identity: Any = None) -> Kill:
    with person.acting(identity):
        row: Kill = perform("governance.kill.pull", {"scope": scope, "id": ref, "reason": "Il s’emballe"})
        return row


def lift(person: Person, row: Kill) -> None:
    with person.acting():
        perform("governance.kill.lift", {"kill": row.pk})


def status_of(person: Person, run: Run) -> str:
    with person.looking():
        return Run.objects.values_list("status", flat=True).get(pk=run.pk)


SCOPES = ["identity", "sphere", "thread", "agent"]


def ref_of(scope: str, run: Run) -> str:
    return {"identity": "", "sphere": "personal", "thread": str(run.thread_id), "agent": "nova"}[scope]


@pytest.mark.parametrize("scope", SCOPES)
def test_it_ends_what_waits_with_its_question_and_refuses_what_begins(alice: Person, scope: str) -> None:
    waiting = asked(alice, SEND)
    fresh = started(alice, thread=waiting.thread_id)
    row = pull(alice, scope, ref_of(scope, waiting))
    assert row.stopped == 2
    assert [status_of(alice, run) for run in (waiting, fresh)] == ["cancelled"] * 2
    with alice.looking():
        assert Checkpoint.objects.get(pk=waiting.checkpoint_id).status == "cancelled"
        assert AuditEntry.objects.filter(action="governance.kill.pull", resource_id=row.pk).exists()
    with pytest.raises(Halted):
        started(alice, thread=waiting.thread_id)
    lift(alice, row)
    assert worked(alice, started(alice, thread=waiting.thread_id)).status == "completed"


@pytest.mark.parametrize(("scope", "ref"), [("sphere", "business"), ("thread", None)])
def test_it_leaves_alone_what_is_elsewhere(alice: Person, scope: str, ref: str | None) -> None:
    waiting, other = asked(alice, SEND), started(alice)
    row = pull(alice, scope, ref or str(other.thread_id))
    assert row.stopped == (0 if ref else 1)
    assert status_of(alice, waiting) == "awaiting_approval"
    assert started(alice).status == "pending"


def test_one_that_is_being_executed_is_told_to_end(alice: Person) -> None:
    run = started(alice)
    with alice.acting(), connection.cursor() as cursor:
        from django.db import transaction

        with transaction.atomic():
            cursor.execute("UPDATE agents_run SET status = 'running' WHERE id = %s", [run.pk])
    assert pull(alice).stopped == 1
    with alice.looking():
        assert Run.objects.get(pk=run.pk).stop_requested


def test_one_that_began_in_the_same_moment_is_refused_by_its_worker(alice: Person, monkeypatch: Any) -> None:
    """The switch looked before the run was committed: nothing was there to be stopped."""
    monkeypatch.setattr("governance.kills.scopes._stoppers", [])
    run = started(alice)
    assert pull(alice).stopped == 0
    assert status_of(alice, run) == "pending"
    assert worked(alice, run).status == "cancelled"


def test_one_that_began_in_the_same_moment_is_seen_by_the_watcher(alice: Person, monkeypatch: Any) -> None:
    """The worker had looked, too: the call that is under way hears of the switch within a moment."""
    monkeypatch.setattr("governance.kills.scopes._stoppers", [])
    run, heard = started(alice), threading.Event()
    monkeypatch.setattr(Stop, "ask", lambda self: heard.set())
    with stopping.stoppable(run.pk):
        pull(alice)
        assert heard.wait(5)


def test_an_approval_that_came_too_late_carries_nothing_out(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.kills.scopes._stoppers", [])
    run = asked(alice, SEND)
    decided(alice, run)
    pull(alice)
    assert worked(alice, run).status == "cancelled"


def test_runs_are_what_a_switch_stops() -> None:
    assert [call.__name__ for call in _stoppers] == ["end_those_of"]
    assert "governance_kill" in starting.UNDER_WAY


def test_twice_is_a_conflict_and_lifting_twice_is_one(alice: Person) -> None:
    row = pull(alice)
    with pytest.raises(Conflict):
        pull(alice)
    lift(alice, row)
    with pytest.raises(Conflict):
        lift(alice, row)
    assert pull(alice).pk != row.pk


@pytest.mark.parametrize(
    ("scope", "ref", "refusal"),
    [
        ("identity", "x", BadInput),
        ("sphere", "", BadInput),
        ("sphere", "mars", BadInput),
        ("agent", "somebody", BadInput),
        ("thread", "x", BadInput),
        ("thread", "01890000-0000-7000-8000-000000000000", NotThere),
    ],
)
def test_what_is_not_there_is_not_stopped(alice: Person, scope: str, ref: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        pull(alice, scope, ref)


def test_a_strangers_thread_is_another_identitys(alice: Person, charlie: Person) -> None:
    run = started(alice)
    with pytest.raises(IdentityBoundary):
        pull(charlie, "thread", str(run.thread_id))
    assert status_of(alice, run) == "pending"


def test_members_agents_and_tokens_pull_nothing(alice: Person, bob: Person, workshop: Any) -> None:
    with pytest.raises(NotAllowed):
        pull(bob, identity=workshop)
    for more in ({"agent": "nova", "run_id": uuid7()}, {"token_id": uuid7()}):
        with alice.acting(**more), pytest.raises(NotAllowed):
            perform("governance.kill.pull", {"scope": "identity"})


def test_a_rule_that_refuses_everything_leaves_the_switch_within_reach(alice: Person) -> None:
    from tests.governance.checkpoints.asking import make_rule

    make_rule(alice, effect="deny", conditions=[{"key": "effect", "op": "ne", "value": "X"}])
    lift(alice, pull(alice))


def test_the_api_pulls_lists_and_lifts(alice: Person) -> None:
    run = started(alice)
    made = alice.api.post("governance/kill/", {"scope": "sphere", "id": "personal"})
    assert (made.status_code, made.json()["stopped"]) == (201, 1)
    refused = alice.api.post("nova/query/", {"text": "Que contient ma note ?", "sphere": "personal"})
    assert (refused.status_code, refused.json()["code"]) == (403, "kill_switch")
    assert [one["id"] for one in alice.api.get("governance/kill/?live=true").json()["results"]] == [made.json()["id"]]
    assert alice.api.delete(f"governance/kill/{made.json()['id']}/").json()["lifted_at"]
    assert alice.api.get("governance/kill/?live=true").json()["results"] == []
    assert alice.api.delete(f"governance/kill/{made.json()['id']}/").status_code == 409
    assert alice.api.post("governance/kill/", {"scope": "moon"}).status_code == 400
    assert status_of(alice, run) == "cancelled"


def test_the_page_pulls_shows_and_lifts_and_the_others_say_so(alice: Person) -> None:
    run = started(alice)
    assert str(run.thread_id) in alice.browser.get("/kill/").content.decode()
    answer = alice.post("/kill/", {"what": "sphere:personal", "reason": "Il s’emballe"})
    assert (answer.status_code, answer["Location"]) == (302, "/kill/")
    banner = "components/halt_line.html"
    shown = {path: [t.name for t in alice.browser.get(path).templates] for path in ("/s/personal/", "/s/business/")}
    assert banner in shown["/s/personal/"]
    assert banner not in shown["/s/business/"]
    assert "Il s’emballe" in alice.browser.get("/kill/").content.decode()
    refused = alice.post("/s/personal/ask/", {"text": "Que contient ma note ?"})
    assert refused.status_code == 403
    assert "Que contient ma note ?" in refused.content.decode()
    with alice.looking():
        row = Kill.objects.get()
    assert alice.post(f"/kill/{row.pk}/lift/").status_code == 302
    assert banner not in [t.name for t in alice.browser.get("/s/personal/").templates]


def test_what_the_page_does_not_offer_is_said(alice: Person) -> None:
    answer = alice.post("/kill/", {"what": "moon:x", "reason": "Pourquoi"})
    assert answer.status_code == 400
    assert "Pourquoi" in answer.content.decode()


def test_a_member_looks_on(alice: Person, bob: Person, workshop: Any) -> None:
    pull(alice, identity=workshop)
    assert Api(bob.user, workshop).get("governance/kill/").json()["results"][0]["scope"] == "identity"
    assert Api(bob.user, workshop).post("governance/kill/", {"scope": "agent", "id": "nova"}).status_code == 403
