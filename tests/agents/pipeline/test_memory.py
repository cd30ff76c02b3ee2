"""What a run is shown of memory, what it is not, and what is known of it afterwards (design 3.7, lane B)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from agents.models import Attempt, Run, Snapshot, ToolCall
from agents.pipeline.lanes.snapshot import digest
from agents.runtime.prompt import first_turn
from agents.runtime.story import Story
from governance.isolation.context import Why, system_scope
from governance.memory.recalling import recall
from governance.models import MemoryItem, MemoryUse
from governance.perform import perform
from tests.agents.pipeline.runs import QUESTION, started, worked
from tests.cast import Person
from tests.governance.memory.remembering import (
    approve,
    dataspace,
    do,
    long_term,
    now,
    proposed,
    remembered,
    sign_in,
    tables_with,
    thread,
)

pytestmark = [pytest.mark.security, pytest.mark.usefixtures("simulator")]


SAYS = "Que contient ma note ?\n#sim text Rien."  # an answer that repeats nothing of what it was given


def given(person: Person, run: Run, identity: Any = None) -> list[str]:
    """The words of memory that the model is asked with."""
    with person.looking(identity):
        return [each["text"] for each in Story(run).fragments if each["kind"] == "memory"]


@pytest.fixture
def funded(alice: Person, workshop: Any) -> Any:
    """The workshop, with credits of hers."""
    with alice.acting():
        perform("governance.credits.share", {"to": workshop.pk, "credits": 50_000})
    return workshop


def asked_in(person: Person, identity: Any, **more: Any) -> Run:
    with person.acting(identity):
        return perform("agents.run.start", {"text": QUESTION, "sphere": "personal", **more})


def test_a_run_is_shown_what_concerns_it_and_the_page_knows(alice: Person) -> None:
    row = long_term(alice, "Réponds en une phrase")
    run = started(alice)
    assert given(alice, run) == ["Réponds en une phrase"]
    with alice.looking():
        use = MemoryUse.objects.get()
        assert (use.memory_id, use.run_id, use.version, use.digest) == (row.pk, run.pk, 1, row.digest)
        frozen = Snapshot.objects.get(run=run)
        told = first_turn(run, Story(run).fragments)["content"]
    assert now(alice, row.pk).last_used_at is not None
    assert frozen.digest == digest(frozen.fragments) == run.snapshot_digest
    assert "Réponds en une phrase" in told
    assert worked(alice, run).status == "completed"


def test_the_simulator_really_gets_it(alice: Person) -> None:
    long_term(alice, "Le jardin a douze tomates")
    run = worked(alice, started(alice, "Combien de tomates dans le jardin ?"))
    assert "douze tomates" in run.result_text
    with alice.looking():
        assert Attempt.objects.filter(run_id=run.pk).exists()


def test_pinned_first_then_the_last_used_and_never_too_many(alice: Person) -> None:
    place = dataspace(alice)
    rows = [long_term(alice, f"Souvenir {number}", place_id=place) for number in range(10)]
    do(alice, "pin", rows[0].pk)
    with alice.acting(), transaction.atomic():
        MemoryItem.objects.filter(pk=rows[1].pk).update(last_used_at=timezone.now())
    assert given(alice, started(alice))[:3] == ["Souvenir 0", "Souvenir 1", "Souvenir 9"]
    assert len(given(alice, started(alice))) == 8


def test_long_memories_leave_room_for_the_thread(alice: Person) -> None:
    place = dataspace(alice)
    for number in range(4):
        long_term(alice, f"{number} " + "mot " * 490, place_id=place)
    assert len(given(alice, started(alice))) == 1


@pytest.mark.parametrize("state", ["proposed", "archived", "deleted", "overdue", "in the trash"])
def test_what_is_not_live_is_shown_to_no_run(alice: Person, state: str) -> None:
    place = dataspace(alice)
    row = proposed(alice, place_id=place) if state == "proposed" else long_term(alice, place_id=place)
    if state == "archived":
        do(alice, "archive", row.pk)
    if state == "deleted":
        do(alice, "delete", row.pk)
    if state == "overdue":
        with alice.acting(), transaction.atomic():
            MemoryItem.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    if state == "in the trash":
        with alice.acting():
            perform("spheres.dataspace.delete", {"dataspace": place})
    assert given(alice, started(alice)) == []
    with alice.looking():
        assert not MemoryUse.objects.exists()


def test_what_is_of_another_sphere_stays_there(alice: Person) -> None:
    long_term(alice, "Le client paie à 30 jours", place_id=dataspace(alice, sphere="business"))
    assert given(alice, started(alice)) == []
    run = asked_in(alice, None, sphere="business")
    assert given(alice, run) == ["Le client paie à 30 jours"]


def test_nothing_crosses_into_another_identity_of_the_same_person(alice: Person, funded: Any) -> None:
    long_term(alice, "À moi seule")
    long_term(alice, "À l’atelier", identity=funded)
    assert given(alice, asked_in(alice, funded), funded) == ["À l’atelier"]
    assert given(alice, started(alice)) == ["À moi seule"]


def test_the_question_itself_names_the_identity_behind_row_level_security(alice: Person, workshop: Any) -> None:
    long_term(alice, "À moi seule")
    long_term(alice, "À l’atelier", identity=workshop)
    with alice.acting(workshop) as actor, system_scope(Why.VERIFY):  # the database's own wall is down
        assert [row.text for row in recall(actor, "personal", [], "nova")] == ["À l’atelier"]


def test_each_type_goes_where_it_belongs(alice: Person, bob: Person, funded: Any) -> None:
    workshop = funded
    here, there = thread(alice, workshop), thread(alice, workshop)
    key = sign_in(alice, "a-key-of-this-session")
    place = {"place_kind": "dataspace", "place_id": dataspace(alice, workshop)}
    remembered(alice, "court", workshop, type="short_term", session=key)
    remembered(alice, "ici", workshop, type="mid_term", place_kind="thread", place_id=here)
    remembered(alice, "ailleurs", workshop, type="mid_term", place_kind="thread", place_id=there)
    remembered(alice, "tous", workshop, type="institutional", **place)
    remembered(alice, "direction", workshop, type="institutional", audience="admin", **place)
    remembered(alice, "agents", workshop, type="agent", category="rule")
    remembered(alice, "un autre agent", workshop, type="agent", category="rule", for_agent="juriste")
    with alice.acting(workshop, session=key):
        run = perform("agents.run.start", {"text": QUESTION, "sphere": "personal", "thread": here})
    assert set(given(alice, run, workshop)) == {"court", "ici", "tous", "direction", "agents"}
    assert set(given(bob, asked_in(bob, workshop, thread=here), workshop)) == {"ici", "tous", "agents"}
    assert set(given(alice, asked_in(alice, workshop), workshop)) == {"tous", "direction", "agents"}


def test_restricted_memory_makes_the_run_ask(alice: Person) -> None:
    long_term(alice, "Le code du coffre est ailleurs", sensitivity="restricted")
    assert started(alice).status == "awaiting_approval"


def test_what_is_forgotten_is_gone_from_former_snapshots_and_from_runs_that_wait(alice: Person) -> None:
    word = "zibelinequidort"
    row = long_term(alice, f"Ma {word} est grise")
    run, done = started(alice, SAYS), worked(alice, started(alice, SAYS))
    assert given(alice, run) == [f"Ma {word} est grise"]
    do(alice, "delete", row.pk)
    assert given(alice, run) == given(alice, done) == []
    assert tables_with(word) == []
    assert given(alice, started(alice)) == []
    assert worked(alice, run).status == "completed"


def test_words_that_changed_are_not_passed_off_as_those_that_were_frozen(alice: Person) -> None:
    row = long_term(alice, "Réponds en une phrase")
    run = started(alice)
    do(alice, "update", row.pk, text="Réponds en dix pages")
    assert given(alice, run) == []
    assert given(alice, started(alice)) == ["Réponds en dix pages"]


def propose_in(alice: Person, run: Run, **more: Any) -> MemoryItem:
    from governance.isolation.context import Channel

    with alice.acting(channel=Channel.AGENT, agent="nova", run_id=run.pk):
        return perform("governance.memory.propose", {"category": "fact", "text": "Paul arrive mardi", **more})


def test_an_agent_proposes_for_the_place_its_run_works_in(alice: Person) -> None:
    space = dataspace(alice)
    run = started(alice, thread=thread(alice, dataspace=space))
    mid, long = propose_in(alice, run, type="mid_term"), propose_in(alice, run, type="long_term")
    assert (mid.place_kind, mid.place_id, mid.source_run) == ("thread", run.thread_id, run.pk)
    assert (long.place_kind, long.place_id) == ("dataspace", space)
    assert given(alice, started(alice, thread=run.thread_id)) == []
    approve(alice, now(alice, mid.pk))
    assert given(alice, started(alice, thread=run.thread_id)) == ["Paul arrive mardi"]


def test_a_model_proposes_by_its_tool_and_the_run_goes_on(alice: Person) -> None:
    space = dataspace(alice)
    where = thread(alice, dataspace=space)
    words = (
        '#sim tool governance.memory.propose {"type": "long_term", "category": "preference", "text": "Thé, pas café"}'
    )
    run = worked(alice, started(alice, f"Crée une note\n{words}", thread=where))
    with alice.looking():
        call = ToolCall.objects.get(run=run)
        row = MemoryItem.objects.get()
    assert (call.status, row.status, row.text) == ("done", "proposed", "Thé, pas café")
    assert run.status == "completed"
    assert "Thé" not in str(call.outcome)
