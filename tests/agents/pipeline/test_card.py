"""agents/pipeline/card: what a person sees of a run in each of its states (design 4.1, C6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.translation import override

from agents.models import LaneResult, Run
from agents.pipeline import card as cards
from agents.pipeline.sentences import SENTENCES, sentence
from agents.pipeline.steps import duration
from governance.isolation.context import bind
from governance.models import Checkpoint, Membership, WorkerBeat
from governance.perform import perform
from governance.uow import unit_of_work
from tests.agents.pipeline.runs import (
    SECRET,
    SEND,
    UNCLEAR,
    asked,
    card,
    decided,
    started,
    states,
    stopped,
    worked,
)
from tests.cast import Person

pytestmark = pytest.mark.usefixtures("simulator")

SEVEN = ["done"] * 7


@pytest.fixture(autouse=True)
def in_english() -> None:
    with override("en"):
        yield


def test_every_status_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Run.Status)


def test_a_run_that_waits_for_a_worker_stands_at_the_ninth_stone(alice: Person) -> None:
    shown = card(alice, started(alice))
    assert states(shown) == [*SEVEN, "done", "now", "next"]
    assert (shown.line.level, shown.line.current.number) == (9, 9)
    assert str(shown.line.steps[7].said) == "not needed"
    assert shown.say == "Everything is checked. Nova begins in a moment."
    assert (shown.may_stop, shown.may_retry, shown.may_answer, shown.at_work) == (True, False, False, True)


def test_without_a_worker_the_card_says_after_five_seconds_that_the_engine_does_not_run(alice: Person) -> None:
    run = started(alice)
    with alice.acting(), unit_of_work():
        LaneResult.objects.filter(run=run, lane="D").update(ended_at=timezone.now() - timedelta(seconds=6))
    with bind(None):
        WorkerBeat.objects.all().delete()
    assert card(alice, run).say.startswith("The engine is not running.")
    beat = WorkerBeat.objects.create(holder=4711)
    try:
        assert card(alice, run).say == "Everything is checked. Nova begins in a moment."
        WorkerBeat.objects.filter(pk=beat.pk).update(seen_at=timezone.now() - timedelta(seconds=20))
        assert card(alice, run).say.startswith("The engine is not running.")
    finally:
        beat.delete()


def test_a_completed_answer_has_ten_stones_and_no_gold(alice: Person) -> None:
    run = asked(alice)
    shown = card(alice, run)
    assert states(shown) == ["done"] * 10
    assert shown.say == "Done. The answer is in the thread."
    assert (shown.line.level, shown.tone, shown.may_stop) == (10, "ok", False)
    assert (shown.used, shown.cost_pico_usd) == (run.credits, run.cost_pico_usd)
    assert shown.used > 0
    assert [row.lane for row in shown.log] == list("ABCDEFG")
    assert shown.log[4].time == ""


def test_a_send_waits_for_the_decision_in_gold(alice: Person) -> None:
    shown = card(alice, asked(alice, SEND))
    assert states(shown) == [*SEVEN, "ask", "next", "next"]
    assert shown.say == "“Send an e-mail” waits for your decision."
    assert shown.question == "Send this e-mail to paul@example.com?"
    assert [(line.say, line.tone) for line in shown.doings] == [("Prepared an e-mail to paul@example.com", "wait")]
    assert shown.doings[0].checkpoint_id == shown.checkpoint.pk
    assert (shown.may_stop, shown.line.level) == (True, 8)
    with alice.looking():
        assert shown.since == LaneResult.objects.get(run=shown.run, lane="E").started_at


def test_a_run_waiting_in_lane_d_asks_for_itself(alice: Person) -> None:
    shown = card(alice, asked(alice, SECRET))
    assert states(shown) == [*SEVEN, "ask", "next", "next"]
    assert shown.question == "Let Nova carry out this request?"


def test_an_approved_run_says_so_before_the_worker_has_heard_it(alice: Person) -> None:
    run = asked(alice, SEND)
    decided(alice, run)
    shown = card(alice, run)
    assert states(shown) == [*SEVEN, "gate", "now", "next"]
    assert shown.say == "Approved. Nova carries it out."
    assert (shown.may_stop, shown.checkpoint, shown.at_work) == (False, None, True)


def test_what_was_approved_and_sent_is_told_as_done(alice: Person) -> None:
    run = asked(alice, SEND)
    decided(alice, run)
    shown = card(alice, worked(alice, run))
    assert states(shown) == [*SEVEN, "gate", "done", "done"]
    assert shown.say == "Done: Nova sent an e-mail to paul@example.com."


def test_an_answer_about_a_mail_that_was_never_asked_for_says_that_nothing_was_sent(alice: Person) -> None:
    run = asked(alice, f"{SEND}\n#sim text Voici un brouillon.")
    assert run.status == "completed"
    assert card(alice, run).say == "Done. The answer is in the thread. Nothing was sent."


def test_without_looking_nothing_is_claimed_about_effects(alice: Person) -> None:
    run = asked(alice, SEND)
    decided(alice, run)
    assert sentence(worked(alice, run)) == "Done. The answer is in the thread."


def test_a_refused_send_says_that_nothing_was_sent(alice: Person) -> None:
    run = asked(alice, SEND)
    decided(alice, run, "reject")
    assert card(alice, run).say == "This was not approved. Nova is told, and finishes without it."
    shown = card(alice, worked(alice, run))
    assert states(shown) == [*SEVEN, "fail", "done", "done"]
    assert shown.say == "Refused, so it was not done. Nothing was sent."
    assert (shown.doings[0].tone, shown.line.level) == ("bad", 10)
    assert shown.doings[0].why


def test_a_run_refused_before_it_began_stops_at_the_eighth_stone(alice: Person) -> None:
    run = asked(alice, SECRET)
    decided(alice, run, "reject")
    shown = card(alice, worked(alice, run))
    assert states(shown) == [*SEVEN, "fail", "next", "done"]
    assert (shown.run.status, shown.line.level) == ("rejected", 8)


def test_an_expired_question_counts_as_refused(alice: Person) -> None:
    from governance.isolation.context import Channel

    run = asked(alice, SECRET)
    past = timezone.now() - timedelta(minutes=1)
    with alice.acting(), unit_of_work():
        Checkpoint.objects.filter(pk=run.checkpoint_id).update(expires_at=past)
    with alice.acting(channel=Channel.TASK):
        perform("governance.checkpoint.expire", {"checkpoint": run.checkpoint_id})
    shown = card(alice, worked(alice, run))
    assert shown.run.status == "expired"
    assert shown.say.startswith("Nobody decided in time: that counts as refused.")
    assert (shown.line.steps[7].state, shown.may_retry) == ("fail", True)


def test_an_unclear_deletion_asks_at_the_third_stone(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    shown = card(alice, run)
    assert states(shown) == ["done", "done", "ask", *["next"] * 7]
    assert shown.say == "One thing is not clear. Nothing is done before you answer."
    assert (shown.question, shown.may_answer, shown.may_stop) == (run.question, True, True)


def test_a_stopped_question_is_told_where_it_stopped(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    stopped(alice, run)
    shown = card(alice, run)
    assert states(shown) == ["done", "done", "fail", *["next"] * 7]
    assert shown.say == "Stopped before it began. Nothing was deleted."
    assert str(shown.line.steps[9].said) == "not reached"


def test_a_run_stopped_while_it_waits_for_approval_stops_at_the_gate(alice: Person) -> None:
    run = asked(alice, SEND)
    stopped(alice, run)
    shown = card(alice, run)
    assert states(shown) == [*SEVEN, "fail", "next", "next"]
    assert shown.may_retry is True


def test_a_run_stopped_before_its_worker_came_stops_at_the_ninth_stone(alice: Person) -> None:
    run = started(alice)
    stopped(alice, run)
    assert states(card(alice, run)) == [*SEVEN, "done", "fail", "next"]


def test_a_run_that_is_being_stopped_says_so_and_cannot_be_stopped_twice(alice: Person) -> None:
    run = started(alice)
    with alice.acting(), unit_of_work():
        Run.objects.filter(pk=run.pk).update(status="running")
    stopped(alice, run)
    shown = card(alice, run)
    assert (shown.say, shown.may_stop) == ("Nova is being stopped. What is written so far is kept.", False)


def test_a_failure_tells_what_is_kept_and_what_was_not_done(alice: Person) -> None:
    shown = card(alice, asked(alice, f"{SEND}\n#sim error 400"))
    assert states(shown) == [*SEVEN, "done", "fail", "done"]
    assert shown.say == "The provider refused the request."
    assert (shown.undone, shown.line.level, shown.may_retry) == ("Nothing was sent.", 9, True)
    assert shown.kept.startswith("Your request is kept in the thread")


def test_a_failure_after_an_act_tells_what_stays(alice: Person) -> None:
    tool = '#sim tool spheres.item.create {"title": "Courses", "sphere": "personal"}'
    run = asked(alice, f"Crée une note « Courses »\n{tool}")
    with alice.acting(), unit_of_work():
        Run.objects.filter(pk=run.pk).update(status="failed", error="too_long")
    shown = card(alice, run)
    assert shown.say == "It took longer than five minutes."
    assert shown.kept == "What was done before stays: Nova wrote “Courses”."


def test_an_unknown_outcome_asks_to_be_looked_at(alice: Person) -> None:
    run = asked(alice, SEND)
    with alice.acting(), unit_of_work():
        Run.objects.filter(pk=run.pk).update(status="pending_effect", ended_at=timezone.now())
    shown = card(alice, run)
    assert shown.say.startswith("An effect was begun and its outcome is not known.")
    assert (shown.line.steps[8].state, shown.may_retry) == ("fail", False)


def test_a_running_step_counts_from_its_work_without_the_waiting(alice: Person) -> None:
    run = asked(alice, SEND)
    now = timezone.now()
    with alice.acting(), unit_of_work():
        Run.objects.filter(pk=run.pk).update(status="running")
        LaneResult.objects.filter(run=run, lane="F").update(status="running", started_at=now - timedelta(seconds=100))
        LaneResult.objects.filter(run=run, lane="E").update(
            status="completed", started_at=now - timedelta(seconds=90), ended_at=now - timedelta(seconds=20)
        )
    shown = card(alice, run)
    assert (shown.took, shown.line.steps[7].time) == ("30\u00a0s", "1\u00a0min\u00a010\u00a0s")
    assert shown.since == now - timedelta(seconds=30)


def test_the_usual_time_needs_five_past_runs_and_leaves_out_those_that_waited(alice: Person) -> None:
    runs = [asked(alice) for _ in range(5)]
    with alice.acting(), unit_of_work():
        for seconds, run in enumerate(runs, 10):
            LaneResult.objects.filter(run=run, lane="F").update(duration_us=seconds * 1_000_000)
    with alice.looking():
        assert cards.usual() == "usually 10\u00a0s to 13\u00a0s"
    with alice.acting(), unit_of_work():
        LaneResult.objects.filter(run=runs[0], lane="E").update(status="completed")
    with alice.looking():
        assert cards.usual() == ""


def test_the_encoding_is_shown_in_both_languages_with_its_four_parts(alice: Person) -> None:
    run = asked(alice)
    shown = card(alice, run)
    assert [(field.code, field.value) for field in shown.fields] == [
        ("ACT", "EXT"), ("SRC", "WS"), ("SCOPE", "WS"), ("MODE", "ANA"), ("FOCUS", "FACT"), ("", "TRACE"),
    ]  # fmt: skip
    assert shown.fields[0].words == "Extract"
    assert [str(part.label) for part in shown.parts] == ["Completeness", "Tightness of scope", "Focus", "Risk handling"]
    assert 0 <= run.encoding_score - sum(part.brings for part in shown.parts) <= 3


def test_a_viewer_sees_the_run_but_neither_question_nor_buttons(alice: Person, bob: Person) -> None:
    Membership.objects.create(user=bob.user, identity=alice.identity, role="viewer")
    run = asked(alice, SEND)
    with bob.looking(alice.identity) as actor:
        shown = cards.card_of(run, actor)
    assert (shown.question, shown.may_stop, shown.may_retry) == ("", False, False)
    assert [line.say for line in shown.doings] == ["Send an e-mail"]
    assert "paul@example.com" not in shown.say


def test_an_edited_question_is_the_one_the_card_leads_to(alice: Person) -> None:
    run = asked(alice, SEND)
    with alice.acting():
        new = perform(
            "governance.checkpoint.edit", {"checkpoint": run.checkpoint_id, "parameters": {"subject": "Mardi"}}
        )
    shown = card(alice, run)
    assert (shown.checkpoint.pk, shown.run.checkpoint_id) == (new.pk, new.pk)


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [
        (999, "< 1 ms"),
        (4_200, "4 ms"),
        (1_450_000, "1.4 s"),
        (18_000_000, "18 s"),
        (134_000_000, "2 min 14 s"),
        (11_100_000_000, "3 h 05 min"),
    ],
)
def test_times_are_short_and_never_break(microseconds: int, words: str) -> None:
    assert duration(microseconds) == words.replace(" ", "\u00a0")
    with translation.override("fr"):
        assert duration(microseconds) == words.replace(" ", "\u00a0").replace(".", ",")
