"""Kill switches: what is under way in the scope ends, nothing begins there, and no run slips through between."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation
from uuid_utils.compat import uuid7

from agents.llm.exchange import Stop
from agents.models import Attempt, Run
from agents.pipeline import starting
from agents.runtime import stopping
from agents.runtime.ending import FAILURES
from governance.errors import BadInput, Conflict, Halted, IdentityBoundary, NotAllowed, NotThere
from governance.kills.models import Kill
from governance.kills.scopes import _stoppers
from governance.models import AuditEntry, Checkpoint, Hold, Membership
from governance.notifications.stopping import LIFTED, PULLED, said_halted
from governance.perform import perform
from tests.agents.pipeline.runs import SEND, asked, decided, started, worked
from tests.cast import Api, Person
from tests.governance.notifications.reading import rows, told

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


SCOPES = ["identity", "sphere", "thread", "agent", "provider"]


def ref_of(scope: str, run: Run) -> str:
    refs = {"sphere": "personal", "thread": str(run.thread_id), "agent": "nova", "provider": "anthropic"}
    return refs.get(scope, "")


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


@pytest.mark.parametrize(("scope", "ref"), [("sphere", "business"), ("thread", None), ("provider", "mistral")])
def test_it_leaves_alone_what_is_elsewhere(alice: Person, scope: str, ref: str | None) -> None:
    waiting, other = asked(alice, SEND), started(alice)
    row = pull(alice, scope, ref or str(other.thread_id))
    assert row.stopped == (0 if ref else 1)
    assert status_of(alice, waiting) == "awaiting_approval"
    assert started(alice).status == "pending"


def test_one_that_is_being_executed_is_told_to_end(alice: Person) -> None:
    run = started(alice)
    with alice.acting(), connection.cursor() as cursor:
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


@pytest.mark.parametrize("when", ["before its first call", "after an approval"])
def test_a_call_to_a_stopped_provider_is_refused_and_nothing_stays_reserved(
    alice: Person, monkeypatch: Any, when: str
) -> None:
    """What found no switch when it began: its next call does, and the run ends with words."""
    monkeypatch.setattr("governance.kills.scopes._stoppers", [])
    run = started(alice) if when == "before its first call" else asked(alice, SEND)
    if when == "after an approval":
        decided(alice, run)
    with alice.looking():
        calls = Attempt.objects.filter(run_id=run.pk).count()
    row = pull(alice, "provider", "anthropic")
    run = worked(alice, run)
    assert (run.status, run.error) == ("failed", "kill_switch")
    with translation.override(run.language):
        assert str(FAILURES["kill_switch"]) in run.result_text
    with alice.looking():
        assert Attempt.objects.filter(run_id=run.pk).count() == calls
        assert not Hold.objects.filter(run_id=run.pk, state__in=["held", "calling"]).exists()
    lift(alice, row)
    assert asked(alice, thread=run.thread_id).status == "completed"


def test_a_call_that_is_under_way_to_it_is_seen_by_the_watcher(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.kills.scopes._stoppers", [])
    run, other = asked(alice), started(alice)
    pull(alice, "provider", "anthropic")
    assert stopping._stopped([run.pk, other.pk]) == []
    with alice.acting(), transaction.atomic():
        Attempt.objects.filter(run_id=run.pk).update(state="calling")
    assert stopping._stopped([run.pk, other.pk]) == [run.pk]
    with alice.acting(), transaction.atomic():
        Attempt.objects.filter(run_id=run.pk).update(state="done")


def test_a_run_whose_model_nobody_knows_any_more_is_no_providers(alice: Person) -> None:
    run = started(alice)  # one that has called nobody yet: else it would break the law of the bound model for good
    with alice.acting(), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(model="claude-forgotten")
    assert pull(alice, "provider", "anthropic").stopped == 0
    assert pull(alice).stopped == 1


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
        ("provider", "", BadInput),
        ("provider", "skynet", BadInput),
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
    page = alice.browser.get("/kill/").content.decode()
    assert str(run.thread_id) in page
    assert 'value="provider:anthropic"' in page
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


# --- who is told ----------------------------------------------------------------------------------------


def a_team(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    """Alice owns the workshop, Charlie administers it, Bob is a member who has a run in it."""
    Membership.objects.create(user=charlie.user, identity=workshop, role="admin")
    with alice.acting():
        perform("governance.credits.share", {"to": workshop.pk, "credits": 50_000})
    with bob.acting(workshop):
        perform("agents.run.start", {"text": "Que contient ma note ?", "sphere": "business"})


def heard(person: Person, identity: Any) -> list[str]:
    return [event for event in told(person, identity) if event in {PULLED, LIFTED}]


def test_who_manages_and_whose_work_was_stopped_are_told_and_not_who_pulled(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    a_team(alice, bob, charlie, workshop)
    row = pull(alice, "sphere", "business", identity=workshop)
    assert row.stopped == 1
    assert heard(alice, workshop) == []
    for person in (bob, charlie):
        (one,) = [each for each in rows(person, workshop) if each.event == PULLED]
        assert one.facts == {"who": "Alice", "halted": "sphere business"}
        assert (one.link, one.mail_at is not None) == ("/kill/", True)
    with charlie.acting(workshop):
        perform("governance.kill.lift", {"kill": row.pk})
    assert heard(alice, workshop) == [LIFTED]
    assert heard(bob, workshop) == [LIFTED, PULLED]
    assert heard(charlie, workshop) == [PULLED]


def test_a_member_with_nothing_under_way_is_not_told(alice: Person, bob: Person, workshop: Any) -> None:
    row = pull(alice, identity=workshop)
    with alice.acting(workshop):
        perform("governance.kill.lift", {"kill": row.pk})
    assert heard(bob, workshop) == []


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("identity ", "everything in this identity"),
        ("sphere business", "the sphere Business"),
        ("thread Toit du 12", "the thread “Toit du 12”"),
        ("agent Nova", "the agent Nova"),
        ("provider Anthropic", "the provider Anthropic"),
        ("all ", "everything in this installation"),
        ("moon x", "moon x"),
    ],
)
def test_what_was_stopped_is_said_in_words(fact: str, said: str) -> None:
    with translation.override("en"):
        assert said_halted(fact) == said
