"""Lane F: the agent loop, a state machine whose every step is a row before it is an effect (design 4.1, 4.4).

Each commit checks the run's fence: a worker that lost the run to another one changes nothing more.
"""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from agents.llm.anthropic_wire import Answer, ModelRequest, Stop, send
from agents.llm.calling import Spender, account_for, give_up_lost, reserve
from agents.llm.catalogue import model
from agents.llm.errors import CallFailed
from agents.llm.models import Attempt
from agents.pipeline.binding import run_binding
from agents.pipeline.lanes.encode import MAX_OUTPUT
from agents.pipeline.models import Lane, LaneResult, Run, Snapshot, ToolCall, Turn
from agents.pipeline.starting import EXECUTE, ExecuteRun
from agents.runtime import prompt
from agents.runtime.ending import end
from agents.runtime.stopping import stoppable
from agents.runtime.streaming import Speaker
from agents.runtime.toolcalls import (
    MOST_BAD_CALLS,
    EffectUnknown,
    Paused,
    carry_out,
    open_calls,
    requested,
    results_turn,
)
from agents.runtime.tools import offered
from governance.checkpoints.models import Checkpoint
from governance.errors import BudgetExceeded, CheckpointRequired, GovernanceError
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


class TakenOver(Exception):
    """Another worker has this run; whatever was under way here is rolled back."""


def execute(run_id: UUID) -> None:
    """Brings a run as far as it goes now: to its end, or to a question for a person. Safe to repeat."""
    with reading():
        run = find(Run.objects, run_id)
    with bind(current().through(run.agent, run.pk)), stoppable(run.pk) as stop:
        try:
            Execution(run, stop).go()
        except TakenOver:
            return


class Execution:
    """One worker's hold on one run."""

    def __init__(self, run: Run, stop: Stop) -> None:
        self.run, self.stop = run, stop
        self.first: tuple[Attempt, ModelRequest] | None = None

    def go(self) -> None:
        if not self.take():
            return
        try:
            while not self.run.is_over and self.step():
                pass
        except Paused as pause:
            self.pause(pause.checkpoint_id)
        except EffectUnknown:
            self.finish(Status.PENDING_EFFECT, "")

    # --- taking the run -------------------------------------------------------------------------------

    def take(self) -> bool:
        """Claims the run for this worker; False when there is nothing to do for it."""
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
        try:
            perform(
                EXECUTE,
                ExecuteRun(run=self.run.pk),
                approval=approval,
                binding=run_binding(self.run),
                estimate={"sphere": self.run.sphere},
                alongside=lambda uow, _phase, _row: self.opening(uow),
            )
        except CheckpointRequired as question:
            self.pause(UUID(question.checkpoint["id"]))
            return False
        except BudgetExceeded:
            self.give_up("budget_exceeded")
            return False
        except GovernanceError as refusal:
            self.give_up(refusal.code[:40])
            return False
        return True

    def opening(self, uow: UnitOfWork) -> None:
        self.claim(uow, (Status.PENDING, Status.AWAITING_APPROVAL))
        now = timezone.now()
        LaneResult.objects.filter(run=self.run, lane=Lane.E, status="blocked").update(status="completed", ended_at=now)
        LaneResult.objects.filter(run=self.run, lane=Lane.F).update(status="running", started_at=now)
        uow.announce("lane.start", self.run.pk, self.run.pk, lane="F", thread=str(self.run.thread_id))
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
            give_up_lost(self.run.pk)
            LaneResult.objects.filter(run=self.run, lane=Lane.F).update(status="running")
            LaneResult.objects.filter(run=self.run, lane=Lane.E, status="blocked").update(
                status="completed", ended_at=timezone.now()
            )
            uow.announce("lane.start", self.run.pk, self.run.pk, lane="F", thread=str(self.run.thread_id))

    def claim(self, uow: UnitOfWork, expected: tuple[str, ...]) -> None:
        """A conditional update says who has the run; the loser stops."""
        run = self.run
        claimed = Run.objects.filter(pk=run.pk, fence=run.fence, status__in=expected).update(
            status=Status.RUNNING, fence=F("fence") + 1, lane=Lane.F, started_at=run.started_at or timezone.now()
        )
        if claimed != 1:
            raise TakenOver(str(run.pk))
        run.refresh_from_db()

    def hold_on(self) -> None:
        """Raises TakenOver unless the run is still this worker's; locks it for the open transaction."""
        mine = Run.objects.select_for_update().filter(pk=self.run.pk, fence=self.run.fence, status=Status.RUNNING)
        if not mine.exists():
            raise TakenOver(str(self.run.pk))

    # --- one step -------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Tool calls first, then one call of the model. False when the run is over."""
        if self.stop.asked.is_set() or (self.first is None and self.is_stopped()):
            self.finish(Status.CANCELLED, "")
            return False
        if self.first is None:
            for call in self.waiting_calls():
                carry_out(self.run, call)
            if limit := self.limit():
                self.give_up(limit)
                return False
        return self.ask_model()

    def waiting_calls(self) -> list[ToolCall]:
        with reading():
            return open_calls(self.run)

    def is_stopped(self) -> bool:
        with reading():
            return Run.objects.filter(pk=self.run.pk, stop_requested=True).exists()

    def limit(self) -> str:
        """The bound that is reached, or ''."""
        with reading():
            bad = sum(1 for call in ToolCall.objects.filter(run=self.run, status="refused") if call.outcome.get("bad"))
        if bad >= MOST_BAD_CALLS:
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
            except BudgetExceeded:
                self.give_up("budget_exceeded")
                return False
            with Speaker(self.run) as speaker:
                try:
                    answer = send(request, speaker.say, self.stop)
                except CallFailed as failure:
                    ended: Answer | CallFailed = failure
                else:
                    ended = answer
            if isinstance(ended, Answer):
                return self.take_answer(attempt, request, ended)
            if not self.may_retry(ended, trial):
                return self.take_failure(attempt, request, ended)
            self.note_failure(attempt, request, ended)
            self.stop.asked.wait(_pause(ended, trial))
        return False

    def reserved(self) -> tuple[Attempt, ModelRequest]:
        """The reservation of the next call, committed before it is made."""
        if self.first is not None:
            first, self.first = self.first, None
            return first
        with unit_of_work() as uow:
            self.hold_on()
            self.answer_tools()
            request = self.request()
            return reserve(uow, self.spender(), request), request

    def answer_tools(self) -> None:
        """Stores the user turn that tells the model what came of its calls, once."""
        last = Turn.objects.filter(run=self.run).order_by("-seq").first()
        if last is None or last.role != "assistant":
            return
        calls = list(ToolCall.objects.filter(run=self.run, turn=last.seq).order_by("position"))
        Turn.objects.create(run=self.run, seq=last.seq + 1, role="user", content=results_turn(calls))

    def take_answer(self, attempt: Attempt, request: ModelRequest, answer: Answer) -> bool:
        """The third commit: settled, stored, and ended when nothing more is asked."""
        with unit_of_work() as uow:
            self.hold_on()
            account_for(uow, attempt, request, answer)
            self.run.steps += 1
            Run.objects.filter(pk=self.run.pk).update(steps=self.run.steps)
            seq = Turn.objects.filter(run=self.run).count()
            Turn.objects.create(run=self.run, seq=seq, role="assistant", content=answer.content)
            calls = requested(self.run, seq, answer.tool_calls)
            ToolCall.objects.bulk_create(calls)
            if not calls:
                self.end_in(uow, self.final_status(), answer.text)
        return bool(calls)

    def final_status(self) -> str:
        """A run whose effect a person refused is `rejected`, even though it ended politely."""
        refused = ToolCall.objects.filter(run=self.run, outcome__refused_by_person=True).exists()
        return Status.REJECTED if refused else Status.COMPLETED

    def take_failure(self, attempt: Attempt, request: ModelRequest, failure: CallFailed) -> bool:
        """The call failed for good: what was said is kept, what was used is paid."""
        cancelled = failure.code == "cancelled"
        with unit_of_work() as uow:
            self.hold_on()
            account_for(uow, attempt, request, failure)
            status = Status.CANCELLED if cancelled else Status.FAILED
            self.end_in(uow, status, failure.text, error="" if cancelled else failure.code)
        return False

    def note_failure(self, attempt: Attempt, request: ModelRequest, failure: CallFailed) -> None:
        with unit_of_work() as uow:
            self.hold_on()
            account_for(uow, attempt, request, failure)

    def may_retry(self, failure: CallFailed, trial: int) -> bool:
        """Only before the first words: an answer is never silently spliced."""
        return failure.retryable and not failure.text and trial < MOST_RETRIES and not self.stop.asked.is_set()

    # --- endings --------------------------------------------------------------------------------------

    def pause(self, checkpoint_id: UUID) -> None:
        """Waits for a person, durably; goes on at once when they decided meanwhile."""
        decided = False
        with unit_of_work() as uow:
            asked = Checkpoint.objects.select_for_update().get(pk=checkpoint_id)
            decided = asked.status != Checkpoint.Status.PENDING
            claimed = Run.objects.filter(pk=self.run.pk, fence=self.run.fence).update(
                status=Status.AWAITING_APPROVAL, lane=Lane.E, checkpoint_id=checkpoint_id
            )
            if claimed != 1:
                raise TakenOver(str(self.run.pk))
            LaneResult.objects.filter(run=self.run, lane=Lane.E).update(
                status="blocked", started_at=timezone.now(), ended_at=None, output={"checkpoint": str(checkpoint_id)}
            )
            LaneResult.objects.filter(run=self.run, lane=Lane.F, status="running").update(status="blocked")
            uow.announce("pipeline.blocked", self.run.pk, self.run.pk, thread=str(self.run.thread_id))
            self.run.refresh_from_db()
        if decided:
            self.go()

    def give_up(self, error: str) -> None:
        self.finish(Status.FAILED, "", error=error, claim=self.run.status != Status.RUNNING)

    def finish(self, status: str, text: str, *, error: str = "", claim: bool = False) -> None:
        """Ends the run in a unit of work of its own."""
        with unit_of_work() as uow:
            if claim:
                self.claim(uow, (self.run.status,))
            self.hold_on()
            give_up_lost(self.run.pk)
            self.end_in(uow, status, text, error=error)

    def end_in(self, uow: UnitOfWork, status: str, text: str, error: str = "") -> None:
        end(uow, self.run, status, text, error=error)
        self.run.save()

    # --- what the model is asked -----------------------------------------------------------------------

    def spender(self) -> Spender:
        assert self.run.account_id is not None
        return Spender(self.run.account_id, self.run.pk, self.run.thread_id)

    def request(self) -> ModelRequest:
        """The prompt from stored rows only: a worker that takes over asks exactly the same."""
        snapshot = Snapshot.objects.filter(run=self.run).order_by("-id").first()
        turns = Turn.objects.filter(run=self.run).order_by("seq").values("role", "content")
        first = prompt.first_turn(self.run, snapshot.fragments if snapshot else [])
        return ModelRequest(
            model=model(self.run.model),
            system=prompt.system(self.run),
            messages=[first, *turns],
            tools=[tool.spec() for tool in offered(self.run)],
            max_tokens=MAX_OUTPUT,
        )


def _pause(failure: CallFailed, trial: int) -> float:
    """Seconds before the next try: what the provider asked for, or a growing, jittered wait."""
    asked = failure.retry_after if failure.retry_after is not None else 0.2 * 2**trial
    return min(asked, LONGEST_WAIT) + random.uniform(0, 0.1)
