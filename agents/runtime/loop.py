"""Lane F: the agent loop, a state machine whose every step is a row before it is an effect (design 4.1, 4.4).

Each commit checks the run's fence: a worker that lost the run to another one changes nothing more.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from agents.llm import nova
from agents.llm.calling import Spender, account_for, give_up_lost, note_room, note_wait, reserve
from agents.llm.errors import CallFailed, ModelUnavailable
from agents.llm.exchange import Answer, ModelRequest, Stop
from agents.llm.limits.contract import Wait
from agents.llm.models import Attempt
from agents.llm.passage import Passage, drop
from agents.pipeline.binding import run_binding
from agents.pipeline.models import Lane, Run, ToolCall
from agents.pipeline.starting import EXECUTE, ExecuteRun
from agents.runtime import prompt
from agents.runtime.ending import end
from agents.runtime.stopping import stoppable
from agents.runtime.story import Story
from agents.runtime.streaming import Speaker
from agents.runtime.toolcalls import (
    MOST_BAD_CALLS,
    OPEN,
    EffectUnknown,
    Paused,
    carry_out,
    requested,
    results_turn,
)
from governance.checkpoints.models import Checkpoint
from governance.errors import BudgetExceeded, CheckpointRequired, GovernanceError, Halted
from governance.isolation.context import bind, current, reading
from governance.isolation.lookup import find
from governance.jobs.queue import others_alive
from governance.perform import perform
from governance.uow import UnitOfWork, unit_of_work

MOST_STEPS = 12
MOST_RETRIES = 2
LONGEST_RUN = timedelta(minutes=5)
LONGEST_WAIT = 5.0  # seconds between retries
Status = Run.Status
HOLD_ON = "SELECT status FROM agents_run WHERE identity_id = %s AND id = %s AND fence = %s FOR NO KEY UPDATE"


class TakenOver(Exception):
    """Another worker has this run; whatever was under way here is rolled back."""


def execute(run_id: UUID) -> None:
    """Brings a run as far as it goes now: to its end, or to a question for a person. Safe to repeat."""
    with reading():
        run = find(Run.objects.with_hold(), run_id)
    if run.is_over:
        return
    with bind(current().through(run.agent, run.pk)), stoppable(run.pk) as stop:
        try:
            Execution(run, stop, held=run.held).go()
        except TakenOver:
            return


class Execution:
    """One worker's hold on one run."""

    def __init__(self, run: Run, stop: Stop, *, held: bool = False) -> None:
        """`held`: a kill switch reaches it. One that is pulled later is seen by the watcher of stops."""
        self.held = held
        self.run, self.stop, self.story = run, stop, Story(run)
        self.first: tuple[Attempt, ModelRequest] | None = None

    def go(self) -> None:
        if not self.take():
            return
        try:
            while not self.run.is_over and self.step():
                pass
        except Paused as pause:
            if not pause.noted:
                self.pause(pause.checkpoint_id)
        except EffectUnknown:
            self.finish(Status.PENDING_EFFECT, "")

    # --- taking the run -------------------------------------------------------------------------------

    def take(self) -> bool:
        """Claims the run for this worker; False when there is nothing to do for it, or a kill switch holds it."""
        if self.held and not (self.run.status == Status.RUNNING and others_alive(EXECUTE, self.run.pk)):
            self.finish(Status.CANCELLED, "", claim=True)
            return False
        if self.run.status == Status.PENDING:
            return self.begin(None)
        if self.run.status == Status.AWAITING_APPROVAL:
            return self.resume()
        if self.run.status == Status.RUNNING and not others_alive(EXECUTE, self.run.pk):
            self.claim_again()
            return True
        return False

    def begin(self, approval: UUID | None) -> bool:
        """The second commit: executing, with the first reservation, under the gate's eyes."""
        before = self.run
        try:
            perform(
                EXECUTE,
                ExecuteRun(run=self.run.pk),
                approval=approval,
                binding=run_binding(self.run),
                estimate={"sphere": self.run.sphere},
                alongside=self.opening,
            )
        except CheckpointRequired:
            return False
        except GovernanceError as refusal:
            self.run, self.story = before, Story(before)  # what the refused commit had changed did not happen
            self.give_up(refusal.code[:40])
            return False
        return True

    def opening(self, uow: UnitOfWork, phase: str, row: Any) -> None:
        """What the second commit holds besides the act: the first reservation, or the question asked instead."""
        if phase == "asked":
            self.wait_for(uow, row.pk)
            return
        self.claim(uow, (Status.PENDING, Status.AWAITING_APPROVAL))
        self.start_work(uow, started_at=timezone.now())
        request = self.request()
        self.first = reserve(uow, self.spender(), request), request

    def resume(self) -> bool:
        """After a decision: of the run itself (lane D), or of one of its tool calls (lane F)."""
        with reading():
            asked = find(Checkpoint.objects, self.run.checkpoint_id)
            while asked.status == Checkpoint.Status.SUPERSEDED:
                asked = find(Checkpoint.objects, asked.superseded_by_id)
        if asked.status == Checkpoint.Status.PENDING:
            return False
        if asked.status == Checkpoint.Status.EXPIRED:
            self.finish(Status.EXPIRED, "", claim=True)
            return False
        if asked.action != EXECUTE:
            self.claim_again()
            return True
        if asked.status == Checkpoint.Status.APPROVED:
            return self.begin(asked.pk)
        self.finish(Status.REJECTED, "", claim=True)
        return False

    def claim_again(self) -> None:
        """Goes on where the last worker stopped, or was lost."""
        with unit_of_work() as uow:
            self.claim(uow, (Status.RUNNING, Status.AWAITING_APPROVAL))
            self.give_up_calls(uow)
            self.start_work(uow)

    def claim(self, uow: UnitOfWork, expected: tuple[str, ...]) -> None:
        """The row as it is now, locked, says who has the run; the loser stops."""
        run = uow.lock(Run, self.run.pk)
        if run.fence != self.run.fence or run.status not in expected:
            raise TakenOver(str(run.pk))
        run.status, run.fence, run.lane = Status.RUNNING, run.fence + 1, Lane.F
        run.started_at = run.started_at or timezone.now()
        uow.change(run, "status", "fence", "lane", "started_at")
        self.run = self.story.run = run

    def start_work(self, uow: UnitOfWork, **values: Any) -> None:
        """Lane F begins or goes on; lane E has been answered when it was asked."""
        self.story.move(uow, Lane.F, status="running", **values)
        gate = self.story.lanes.get(Lane.E)
        if gate is not None and gate.status == "blocked":
            self.story.move(uow, Lane.E, status="completed", ended_at=timezone.now())
        uow.announce("lane.start", self.run.pk, self.run.pk, lane="F", thread=str(self.run.thread_id))

    def hold_on(self, *expected: str) -> None:
        """Raises TakenOver unless the run is still this worker's; locks it for the open transaction."""
        with connection.cursor() as cursor:
            cursor.execute(HOLD_ON, [self.run.identity_id, self.run.pk, self.run.fence])
            row = cursor.fetchone()
        if row is None or row[0] not in (expected or (Status.RUNNING,)):
            raise TakenOver(str(self.run.pk))

    # --- one step -------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Tool calls first, then one call of the model. False when the run is over."""
        if self.stop.asked.is_set():
            self.finish(Status.CANCELLED, "")
            return False
        return self.ask_model() if self.first is not None else self.go_on()

    def go_on(self) -> bool:
        """Carries out what the model asked for, and tells it, within the bounds of a run."""
        with reading():
            stopped = Run.objects.filter(pk=self.run.pk).to_stop().exists()
            calls = self.story.calls()
        if stopped:
            self.finish(Status.CANCELLED, "")
            return False
        for call in calls:
            if call.status in OPEN:
                carry_out(self.run, call, self.wait_for)
        if limit := self.limit(calls):
            self.give_up(limit)
            return False
        return self.ask_model()

    def limit(self, calls: list[ToolCall]) -> str:
        """The bound that is reached, or ''."""
        if sum(bool(call.outcome.get("bad")) for call in calls if call.status == "refused") >= MOST_BAD_CALLS:
            return "too_many_bad_calls"
        if self.run.steps >= MOST_STEPS:
            return "too_many_steps"
        too_long = self.run.started_at and timezone.now() - self.run.started_at > LONGEST_RUN
        return "too_long" if too_long else ""

    def ask_model(self) -> bool:
        """One call with its retries. True when the loop goes on."""
        for trial in range(MOST_RETRIES + 1):
            try:
                attempt, request = self.reserved()
            except (BudgetExceeded, Halted, ModelUnavailable) as refusal:
                self.give_up(refusal.code)
                return False
            with self.passage(attempt, request) as passage:
                with Speaker(self.run) as speaker:
                    ended = passage.send(speaker.say)
                if isinstance(ended, Answer):
                    return self.take_answer(attempt, request, ended)
                if not self.may_retry(ended, trial):
                    return self.take_failure(attempt, request, ended)
                self.note_failure(attempt, request, ended)
            self.stop.asked.wait(_pause(ended, trial))
        return False

    def passage(self, attempt: Attempt, request: ModelRequest) -> Passage:
        """The way of a call through its provider's limits; a run that waits for room says so."""

        def waits(wait: Wait) -> None:
            with unit_of_work() as uow:
                self.hold_on()
                note_wait(uow, attempt, wait)

        def goes_on() -> None:
            with unit_of_work() as uow:
                self.hold_on()
                note_room(uow, attempt)

        def call(on_text: Callable[[str], None]) -> Answer:
            return nova.send(nova.endpoint(), request, on_text, self.stop)

        return Passage(attempt, request, self.stop, call, on_wait=waits, on_room=goes_on)

    def reserved(self) -> tuple[Attempt, ModelRequest]:
        """The reservation of the next call, committed before it is made."""
        if self.first is not None:
            first, self.first = self.first, None
            return first
        with unit_of_work() as uow:
            self.hold_on()
            request = self.request(self.answer_tools(uow))
            return reserve(uow, self.spender(), request), request

    def answer_tools(self, uow: UnitOfWork) -> list[dict[str, Any]]:
        """The conversation to send: once the model's calls have ended, with a turn that tells what came of them."""
        turns = self.story.turns
        if not turns or turns[-1]["role"] != "assistant":
            return turns
        asked = ToolCall.objects.filter(run=self.run, turn=len(turns) - 1).order_by("position")
        told = results_turn(list(asked))
        self.story.say(uow, "user", told)
        return [*turns, {"role": "user", "content": told}]

    def take_answer(self, attempt: Attempt, request: ModelRequest, answer: Answer) -> bool:
        """The third commit: settled, stored, and ended when nothing more is asked."""
        with unit_of_work() as uow:
            self.hold_on()
            self.account(uow, attempt, request, answer)
            self.run.steps += 1
            uow.change(self.run, "steps")
            seq = self.story.say(uow, "assistant", answer.content)
            calls = requested(self.run, seq, answer.tool_calls)
            uow.add(*calls)
            if not calls:
                end(uow, self.story, self.final_status(), answer.text)
        return bool(calls)

    def final_status(self) -> str:
        """A run whose effect a person refused is `rejected`, even though it ended politely."""
        refused = any(call.outcome.get("refused_by_person") for call in self.story.calls())
        return Status.REJECTED if refused else Status.COMPLETED

    def take_failure(self, attempt: Attempt, request: ModelRequest, failure: CallFailed) -> bool:
        """The call failed for good: what was said is kept, what was used is paid."""
        cancelled = failure.code == "cancelled"
        with unit_of_work() as uow:
            self.hold_on()
            self.account(uow, attempt, request, failure)
            status = Status.CANCELLED if cancelled else Status.FAILED
            end(uow, self.story, status, failure.text, error="" if cancelled else failure.code)
        return False

    def note_failure(self, attempt: Attempt, request: ModelRequest, failure: CallFailed) -> None:
        with unit_of_work() as uow:
            self.hold_on()
            self.account(uow, attempt, request, failure)

    def account(self, uow: UnitOfWork, attempt: Attempt, request: ModelRequest, ended: Answer | CallFailed) -> None:
        account_for(uow, attempt, request, ended)
        self.add_use(uow, [attempt])

    def give_up_calls(self, uow: UnitOfWork) -> None:
        """Calls that a lost worker had under way are paid in full, those that waited for room are not."""
        lost = give_up_lost(uow, self.run.pk)
        self.add_use(uow, lost)
        uow.after_commit.append(lambda: drop(lost))

    def add_use(self, uow: UnitOfWork, attempts: list[Attempt]) -> None:
        """The run's use is the sum of its attempts, added in the commit that settles each."""
        for attempt in attempts:
            self.run.input_tokens += attempt.input_tokens
            self.run.output_tokens += attempt.output_tokens
            self.run.credits += attempt.credits
            self.run.cost_pico_usd += attempt.pico_usd
        if attempts:
            uow.change(self.run, "input_tokens", "output_tokens", "credits", "cost_pico_usd")

    def may_retry(self, failure: CallFailed, trial: int) -> bool:
        """Only before the first words: an answer is never silently spliced."""
        return failure.retryable and not failure.text and trial < MOST_RETRIES and not self.stop.asked.is_set()

    # --- endings --------------------------------------------------------------------------------------

    def pause(self, checkpoint_id: UUID) -> None:
        """Waits for a question that was asked before, durably; goes on at once when it was decided meanwhile."""
        with unit_of_work() as uow:
            # The question before the run: whoever edits or withdraws it locks in this order, too.
            asked = uow.lock(Checkpoint, checkpoint_id)
            self.wait_for(uow, checkpoint_id)
        if asked.status != Checkpoint.Status.PENDING:
            self.go()

    def wait_for(self, uow: UnitOfWork, checkpoint_id: UUID) -> None:
        """The run waits for a person, in the open unit of work that has locked or asked the question."""
        run = self.run
        self.hold_on(Status.PENDING, Status.RUNNING, Status.AWAITING_APPROVAL)
        run.status, run.lane, run.checkpoint_id = Status.AWAITING_APPROVAL, Lane.E, checkpoint_id
        uow.change(run, "status", "lane", "checkpoint_id")
        told = {"checkpoint": str(checkpoint_id)}
        self.story.move(uow, Lane.E, status="blocked", started_at=timezone.now(), ended_at=None, output=told)
        work = self.story.lanes.get(Lane.F)
        if work is not None and work.status == "running":
            self.story.move(uow, Lane.F, status="blocked")
        uow.announce("pipeline.blocked", run.pk, run.pk, thread=str(run.thread_id))

    def give_up(self, error: str) -> None:
        self.finish(Status.FAILED, "", error=error, claim=self.run.status != Status.RUNNING)

    def finish(self, status: str, text: str, *, error: str = "", claim: bool = False) -> None:
        """Ends the run in a unit of work of its own."""
        with unit_of_work() as uow:
            if claim:
                self.claim(uow, (self.run.status,))
            else:
                self.hold_on()
            self.give_up_calls(uow)
            end(uow, self.story, status, text, error=error)

    # --- what the model is asked -----------------------------------------------------------------------

    def spender(self) -> Spender:
        assert self.run.account_id is not None
        return Spender(self.run.account_id, self.run.pk, self.run.thread_id)

    def request(self, turns: list[dict[str, Any]] | None = None) -> ModelRequest:
        return prompt.request(self.run, self.story.fragments, self.story.turns if turns is None else turns)


def _pause(failure: CallFailed, trial: int) -> float:
    """Seconds before the next try: what the provider asked for, or a growing, jittered wait."""
    asked = failure.retry_after if failure.retry_after is not None else 0.2 * 2**trial
    return min(asked, LONGEST_WAIT) + random.uniform(0, 0.1)
