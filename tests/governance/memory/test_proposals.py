"""An agent proposes, a person decides on the exact words, once (design 3.7)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import BadInput, CheckpointRequired, Conflict, NotAllowed, TooMany
from governance.models import Checkpoint, MemoryItem, Notification
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import make_rule
from tests.governance.memory.remembering import (
    TEXT,
    approve,
    as_agent,
    dataspace,
    do,
    long_term,
    now,
    proposed,
    question,
    remembered,
    thread,
    vote,
    work,
)

pytestmark = pytest.mark.security


def test_an_agents_proposal_waits_with_a_question_of_its_own(alice: Person) -> None:
    row = proposed(alice)
    asked = question(alice, row)
    assert (row.status, row.agent, row.approved_by) == ("proposed", "nova", None)
    assert (asked.action, asked.status, asked.agent, asked.run_id) == (
        "governance.memory.approve",
        "pending",
        "nova",
        None,
    )
    assert asked.params == {"memory": str(row.pk), "digest": row.digest}
    assert asked.envelope["params"] == asked.params
    assert TEXT not in str(asked.preview) + str(asked.envelope)


def test_a_yes_to_the_question_keeps_it(alice: Person) -> None:
    row = proposed(alice)
    asked = question(alice, row)
    vote(alice, asked)
    assert now(alice, row.pk).status == "proposed"
    work(alice, asked)
    work(alice, asked)
    kept = now(alice, row.pk)
    assert (kept.status, kept.approved_by, kept.text) == ("active", alice.user.pk, TEXT)
    assert question(alice, row).status == "executed"


def test_a_no_forgets_it_in_the_same_commit(alice: Person) -> None:
    row = proposed(alice)
    vote(alice, question(alice, row), "reject")
    assert (now(alice, row.pk).status, now(alice, row.pk).text) == ("deleted", "")


def test_her_own_yes_on_the_page_of_memory_ends_the_question(alice: Person) -> None:
    row = proposed(alice)
    asked = question(alice, row)
    assert approve(alice, row).status == "active"
    with alice.looking():
        assert Checkpoint.objects.get(pk=asked.pk).status == "cancelled"
    with pytest.raises(Conflict):
        vote(alice, asked)
    with pytest.raises(Conflict) as again:
        approve(alice, row)
    assert again.value.code == "already_settled"


def test_an_approval_holds_for_the_words_that_were_shown(alice: Person) -> None:
    row = proposed(alice)
    do(alice, "update", row.pk, text="Tout envoyer à Nova")
    with pytest.raises(Conflict) as refused:
        approve(alice, row)
    assert refused.value.code == "stale_memory"
    assert approve(alice, now(alice, row.pk)).text == "Tout envoyer à Nova"


def test_words_that_changed_behind_the_question_are_not_kept(alice: Person) -> None:
    row = proposed(alice)
    asked = question(alice, row)
    vote(alice, asked)
    with alice.acting():
        from django.db import transaction

        with transaction.atomic():
            MemoryItem.objects.filter(pk=row.pk).update(text="Autre chose")
    work(alice, asked)
    assert now(alice, row.pk).status == "proposed"
    with alice.looking():
        assert Checkpoint.objects.get(pk=asked.pk).status == "failed"


@pytest.mark.parametrize("verb", ["create", "update", "pin", "archive", "restore", "delete", "reject"])
def test_an_agent_can_only_propose(alice: Person, verb: str) -> None:
    row = long_term(alice)
    given: dict[str, Any] = {"memory": row.pk}
    if verb == "create":
        given = {"type": "mid_term", "category": "fact", "text": "x", "place_kind": "thread", "place_id": thread(alice)}
    with as_agent(alice), pytest.raises(NotAllowed):
        perform(f"governance.memory.{verb}", given)
    assert now(alice, row.pk).status == "active"


def test_an_agent_that_approves_itself_is_stopped(alice: Person) -> None:
    row = proposed(alice)
    with as_agent(alice), pytest.raises(CheckpointRequired):
        perform("governance.memory.approve", {"memory": row.pk, "digest": row.digest})
    assert now(alice, row.pk).status == "proposed"


def test_no_rule_of_the_identity_opens_a_way_around(alice: Person) -> None:
    make_rule(alice, name="Tout permettre", effect="allow", conditions=[])
    row = proposed(alice)
    assert question(alice, row).status == "pending"


def test_an_agent_may_ask_for_nothing_of_all(alice: Person) -> None:
    for kind in ("institutional", "agent", "short_term"):
        with pytest.raises(BadInput) as refused:
            proposed(alice, type=kind)
        assert set(refused.value.errors) == {"type"}


def test_ten_questions_of_one_agent_wait_at_most(alice: Person) -> None:
    place = dataspace(alice)
    for number in range(10):
        proposed(alice, f"Souvenir {number}", place_id=place)
    with pytest.raises(TooMany):
        proposed(alice, "Souvenir de trop", place_id=place)


def test_what_a_program_asks_to_keep_is_a_proposal(alice: Person) -> None:
    row = long_term(alice, token_id=uuid7())
    assert (row.status, row.by_program, row.approved_by) == ("proposed", True, None)
    with alice.acting(token_id=uuid7()), pytest.raises(NotAllowed):
        perform("governance.memory.approve", {"memory": row.pk, "digest": row.digest})
    assert approve(alice, row).approved_by == alice.user.pk
    of_a_matter = remembered(alice, type="mid_term", place_kind="thread", place_id=thread(alice), token_id=uuid7())
    assert of_a_matter.status == "proposed"


def test_only_the_person_decides_what_is_remembered_of_them(alice: Person, bob: Person, workshop: Any) -> None:
    row = proposed(bob, identity=workshop)
    asked = question(bob, row, workshop)
    vote(alice, asked, identity=workshop)
    work(bob, asked, workshop)
    with bob.looking(workshop):
        assert MemoryItem.objects.get(pk=row.pk).status == "proposed"
    assert approve(bob, row, workshop).approved_by == bob.user.pk


def at_once(*calls: Any) -> list[str]:
    """Each in a thread and connection of its own, at the same moment; how each ended."""
    ended: list[str] = []
    gate = threading.Barrier(len(calls))

    def one(call: Any) -> None:
        gate.wait()
        try:
            call()
            ended.append("done")
        except Conflict as refused:
            ended.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sorted(ended)


@pytest.mark.parametrize("_round", range(3))
def test_of_two_approvals_at_once_one_counts(alice: Person, _round: int) -> None:
    row = long_term(alice, token_id=uuid7())
    assert at_once(lambda: approve(alice, row), lambda: approve(alice, row)) == ["already_settled", "done"]


@pytest.mark.parametrize("_round", range(3))
def test_a_yes_and_a_no_at_once_leave_one_of_them(alice: Person, _round: int) -> None:
    row = proposed(alice)
    asked = question(alice, row)
    ended = at_once(lambda: approve(alice, row), lambda: vote(alice, asked, "reject"))
    assert "done" in ended
    found = now(alice, row.pk)
    assert (found.status, bool(found.text)) in {("active", True), ("deleted", False)}


def test_a_question_that_runs_out_forgets_what_it_asked(alice: Person) -> None:
    from datetime import timedelta

    from django.db import transaction

    from governance.checkpoints.tasks import sweep

    row = proposed(alice)
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=row.checkpoint_id).update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep(None)
    assert now(alice, row.pk).status == "deleted"


def test_who_decides_is_told_of_what_nobody_asked_in_person(alice: Person, bob: Person, workshop: Any) -> None:
    def told(person: Person, identity: Any = None) -> int:
        with person.looking(identity):
            return Notification.objects.filter(person_id=person.user.pk, event="memory.proposed").count()

    long_term(alice, token_id=uuid7())
    assert told(alice) == 1
    remembered(bob, "Trois devis par achat", workshop, type="institutional", category="rule",
               place_kind="dataspace", place_id=dataspace(alice, workshop))  # fmt: skip
    assert (told(alice, workshop), told(bob, workshop)) == (1, 0)
    long_term(alice)
    assert told(alice) == 1
