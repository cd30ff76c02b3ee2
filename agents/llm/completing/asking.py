"""Asking for a completion: planned, under the approval it may already have, then performed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents.llm.completing.actions import COMPLETE
from agents.llm.completing.carrying import Call, Speak, under_way
from agents.llm.completing.params import CompleteParams
from agents.llm.completing.planning import plan_for
from agents.llm.completing.refusals import ModelFailed
from agents.llm.exchange import Answer, Stop
from agents.llm.models import Attempt
from agents.llm.routing.models import RoutingDecision
from governance.checkpoints.execution import OutsideFailed
from governance.errors import Conflict, Gone
from governance.isolation.context import reading
from governance.perform import parse, perform
from governance.registry.actions import get_action

# An approval that can no longer be used: what was asked is asked anew.
SPENT = frozenset({"stale_checkpoint", "checkpoint_consumed", "checkpoint_expired"})
# Somebody else has just asked the same: then their question is the one.
MEANWHILE = SPENT | {"checkpoint_exists"}
SHOWN = frozenset({"text", "tool_use"})


@dataclass(frozen=True)
class Done:
    """An answer, its attempts (the last one gave it), and why that model was chosen."""

    answer: Answer
    attempts: list[Attempt]
    decision: RoutingDecision | None

    @property
    def attempt(self) -> Attempt:
        return self.attempts[-1]

    @property
    def content(self) -> list[dict[str, Any]]:
        """What the caller gets: words and calls of tools."""
        return [block for block in self.answer.content if block["type"] in SHOWN]

    @property
    def pico_usd(self) -> int:
        return sum(attempt.pico_usd for attempt in self.attempts)

    @property
    def credits(self) -> int:
        return sum(attempt.credits for attempt in self.attempts)


def complete(
    params: dict[str, Any] | CompleteParams, say: Speak = lambda model, words: None, stop: Stop | None = None
) -> Done:
    """One governed completion of the bound actor.

    Raises a GovernanceError: CheckpointRequired when a person must agree first (the same request sent again after
    that is carried out, once), BudgetExceeded, Halted, NoModel, ModelFailed …
    """
    action = get_action(COMPLETE)
    asked = parse(action, params)
    assert isinstance(asked, CompleteParams)
    with reading():
        plan = plan_for(action, asked)
    approval, stop = plan.approval, stop or Stop()
    for last in (False, False, True):
        try:
            return _performed(Call(plan, say, stop), approval)
        except (Conflict, Gone) as meanwhile:
            if last or meanwhile.code not in MEANWHILE:
                raise
            approval = None if meanwhile.code in SPENT else approval
    raise AssertionError("the last trial returns or raises")


def _performed(call: Call, approval: UUID | None) -> Done:
    token = under_way.set(call)
    plan = call.plan
    try:
        perform(
            COMPLETE,
            plan.params,
            approval=approval,
            binding=plan.binding(),
            estimate={**plan.expected(), "sphere": plan.params.sphere or None, "resource_type": "agents.attempt"},
        )
    except OutsideFailed as failure:
        raise (call.refusal or ModelFailed(str(failure))) from failure
    finally:
        under_way.reset(token)
    if not isinstance(call.ended, Answer):
        raise call.refusal or ModelFailed("provider_error")
    return Done(call.ended, call.attempts, call.decision)
