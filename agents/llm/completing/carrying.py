"""One completion from its first reservation to its settlement: retries, then the chain, each call its own attempt.

What began is never spliced: once a word was passed on, the answer comes from that call or fails cleanly.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from agents.llm import wires
from agents.llm.calling import Spender, account_for, note_room, note_wait, reserve
from agents.llm.completing.halting import refuse_held, stoppable
from agents.llm.completing.planning import Plan
from agents.llm.completing.refusals import refusal_of
from agents.llm.endpoints import endpoint_of
from agents.llm.errors import CallFailed
from agents.llm.exchange import Answer, ModelRequest, Stop
from agents.llm.facts import ModelFacts
from agents.llm.limits.contract import Wait
from agents.llm.models import Attempt
from agents.llm.passage import Passage
from agents.llm.routing import shapes
from agents.llm.routing.asking import Strategy
from agents.llm.routing.models import RoutingDecision
from governance.checkpoints.execution import OutsideFailed
from governance.errors import GovernanceError
from governance.isolation.context import current
from governance.ledger import budget
from governance.uow import UnitOfWork, unit_of_work

MOST_RETRIES = 2
LONGEST_WAIT = 5.0  # seconds between retries
# The request itself is at fault: no other provider is asked.
OWN_FAULT = frozenset({400, 413, 422})
Speak = Callable[[str, str], None]


@dataclass
class Call:
    """`say(model id, words)` hears the answer as it comes; `stop` ends it from another thread."""

    plan: Plan
    say: Speak
    stop: Stop
    attempts: list[Attempt] = field(default_factory=list)
    decision: RoutingDecision | None = None
    ended: Answer | CallFailed | None = None
    refusal: GovernanceError | None = None
    spoke: bool = False
    _spender: Spender | None = None
    _now: tuple[Attempt, ModelRequest] | None = None

    # --- in the first commit ------------------------------------------------------------------------------

    def begin(self, uow: UnitOfWork) -> Attempt:
        """Reserves the first call, and keeps why this model. Raises Halted and BudgetExceeded."""
        sphere = self.plan.params.sphere
        refuse_held(sphere)
        account = budget.sphere_account(sphere) if sphere else budget.identity_account()
        self._spender = Spender(account, None, None)
        if self.plan.asked.strategy != Strategy.SPECIFIC:
            self.decision = self._kept(uow)
        return self._reserve(uow, self.plan.hops[0])

    def _kept(self, uow: UnitOfWork) -> RoutingDecision:
        plan = self.plan
        row = RoutingDecision(
            person_id=uow.actor.person_id,
            at=timezone.now(),
            task=plan.asked.task,
            role=plan.asked.role,
            strategy=plan.asked.strategy,
            asked={"completion": plan.params.prompt.digest},  # type: ignore[union-attr]
            registry=plan.registry,
            **shapes.found(plan.decision),
            decided_us=plan.decided_us,
        )
        uow.add(row)
        uow.announce("route.decided", row.pk)
        return row

    def _reserve(self, uow: UnitOfWork, model: ModelFacts) -> Attempt:
        assert self._spender is not None
        request = self.plan.request(model)
        attempt = reserve(uow, self._spender, request)
        attempt.person_id = uow.actor.person_id
        attempt.first_id = self.attempts[0].pk if self.attempts else attempt.pk
        self.attempts.append(attempt)
        self._now = attempt, request
        return attempt

    # --- between the commits --------------------------------------------------------------------------------

    def make(self) -> dict[str, Any]:
        """Calls until there is an answer or no hope. Raises OutsideFailed when nothing came of it and nothing is due.

        All attempts but the last are accounted for here; the last one in the commit that follows.
        """
        with stoppable(current().identity_id, self.stop):
            for hop in self.plan.hops:
                self.ended = self._at(hop)
                if isinstance(self.ended, Answer) or not self._may_leave(self.ended):
                    break
        if isinstance(self.ended, CallFailed):
            self.refusal = self.refusal or refusal_of(self.ended)
            if not self.ended.input_tokens and not self.ended.output_tokens:
                raise OutsideFailed(self.ended.code)
        return self.receipt()

    def _at(self, model: ModelFacts) -> Answer | CallFailed:
        """The answer of one provider, or its last failure."""
        failure = self.ended
        for trial in range(MOST_RETRIES + 1):
            if isinstance(failure, CallFailed):
                try:
                    self._again(failure, model)
                except GovernanceError as refusal:  # no budget for one more
                    self.refusal = refusal
                    return failure
            attempt, request = self._now  # type: ignore[misc]
            ended = self._call(attempt, request)
            if isinstance(ended, Answer) or not self._may_retry(ended, trial):
                return ended
            failure = ended
            self.stop.asked.wait(_pause(failure, trial))
        raise AssertionError("the last trial returns")

    def _call(self, attempt: Attempt, request: ModelRequest) -> Answer | CallFailed:
        """One call, by its provider's limits and breaker."""

        def call(on_text: Callable[[str], None]) -> Answer:
            endpoint = endpoint_of(attempt.provider)
            connection.close()  # back to the pool: a call takes longer than all else together
            return wires.send(endpoint, request, on_text, self.stop)

        def hear(words: str) -> None:
            self.spoke = True
            self.say(attempt.model, words)

        def waits(wait: Wait) -> None:
            with unit_of_work() as uow:
                note_wait(uow, attempt, wait)

        def goes_on() -> None:
            with unit_of_work() as uow:
                note_room(uow, attempt)

        with Passage(attempt, request, self.stop, call, on_wait=waits, on_room=goes_on) as passage:
            return passage.send(hear)

    def _again(self, failure: CallFailed, model: ModelFacts) -> None:
        """Closes the attempt that failed and reserves the next, in one commit. Raises BudgetExceeded, Halted."""
        attempt, request = self._now  # type: ignore[misc]
        with unit_of_work() as uow:
            refuse_held(self.plan.params.sphere)
            account_for(uow, attempt, request, failure)
            self._reserve(uow, model)

    def _may_retry(self, failure: CallFailed, trial: int) -> bool:
        patient = (failure.retry_after or 0) <= LONGEST_WAIT
        return failure.retryable and patient and trial < MOST_RETRIES and not self._is_final()

    def _may_leave(self, failure: CallFailed) -> bool:
        """May the next of the chain be asked instead?"""
        return self.refusal is None and failure.status not in OWN_FAULT and not self._is_final()

    def _is_final(self) -> bool:
        return self.spoke or self.stop.asked.is_set()

    # --- in the second commit -------------------------------------------------------------------------------

    def settle(self, uow: UnitOfWork) -> None:
        """Prices the last attempt, whichever way it ended."""
        attempt, request = self._now  # type: ignore[misc]
        assert self.ended is not None
        account_for(uow, attempt, request, self.ended)

    def receipt(self) -> dict[str, Any]:
        """What the log keeps: who answered, never what."""
        assert self.ended is not None
        return {
            "attempts": [str(attempt.pk) for attempt in self.attempts],
            "provider": self.attempts[-1].provider,
            "model": self.attempts[-1].model,
            "error": self.ended.code if isinstance(self.ended, CallFailed) else "",
        }


def _pause(failure: CallFailed, trial: int) -> float:
    """Seconds before the next try: what the provider asked for, or a growing, jittered wait."""
    asked = failure.retry_after if failure.retry_after is not None else 0.2 * 2**trial
    return min(asked, LONGEST_WAIT) + random.uniform(0, 0.1)


# The completion that this thread carries out: an action is told its parameters only.
under_way: ContextVar[Call | None] = ContextVar("chenu_completion", default=None)


def call_of(params: Any) -> Call | None:
    """The one under way, when it is about these very parameters."""
    call = under_way.get()
    return call if call is not None and call.plan.params is params else None
