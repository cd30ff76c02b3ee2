"""`agents.llm.complete`: one answer of a model, through the gate like every other act (design 5.3)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.llm.completing.carrying import Call, call_of, under_way
from agents.llm.completing.params import CompleteParams
from agents.llm.completing.planning import Plan, name_of, plan_for
from agents.llm.models import Attempt
from governance.errors import NotAllowed
from governance.isolation.context import IdentityContext
from governance.people.policies import may_write
from governance.registry.actions import Effect, Outside, action, get_action
from governance.uow import UnitOfWork

COMPLETE = "agents.llm.complete"
FIRST_LINES = 2_000  # characters that an approver reads of the prompt
WORDS = frozenset({"messages", "system", "tools"})


def may_complete(actor: IdentityContext, _params: Any = None) -> bool:
    """Who writes, by page or program; agents have their own runs."""
    return may_write(actor) and not actor.agent


def plan_of(params: CompleteParams) -> Plan:
    """The plan that is being carried out, or the one there would be."""
    call = call_of(params)
    return call.plan if call is not None else plan_for(get_action(COMPLETE), params)


def preview(params: CompleteParams) -> dict[str, Any]:
    """Who would be sent which words, and what that can cost at most."""
    plan = plan_of(params)
    credits, pico_usd = plan.held
    said, mark = _said(params), params.prompt
    return {
        "form": "completion",
        "models": [name_of(model) for model in plan.allowed],
        "max_tokens": params.max_tokens,
        "hold": {"credits": credits, "pico_usd": pico_usd},
        "estimate": {"worst_case": plan.most_tokens, "cost_pico_usd": pico_usd},
        "prompt": mark.model_dump() if mark else {},
        "tools": [tool.name for tool in params.tools],
        "begins": said[:FIRST_LINES],
        "whole": len(said) <= FIRST_LINES,
        "reversible": False,
    }


def _said(params: CompleteParams) -> str:
    """The words as a person reads them: the instructions, then each turn."""
    parts = [params.system] if params.system else []
    for turn in params.messages:
        if isinstance(turn.content, str):
            parts.append(turn.content)
            continue
        for block in turn.content:
            told: dict[str, Any] = block.model_dump()
            parts.append(told.get("text") or told.get("content") or f"→ {told.get('name', '')} {told.get('input', '')}")
    return "\n\n".join(parts)


def question(shown: dict[str, Any]) -> str:
    return gettext("Send this to %(model)s?") % {"model": shown["models"][0]}


def carry_out(row: Attempt) -> dict[str, Any]:
    return _call(row).make()


def settled(uow: UnitOfWork, row: Attempt, _receipt: dict[str, Any]) -> None:
    _call(row).settle(uow)


def _call(row: Attempt) -> Call:
    call = under_way.get()
    if call is None or call.attempts[0] is not row:
        raise RuntimeError("a completion is carried out where it was begun")
    return call


@action(
    COMPLETE,
    Effect.CREATE,
    params=CompleteParams,
    policy=may_complete,
    label=_("Ask a model"),
    secret=WORDS,
    preview=preview,
    question=question,
    outside=Outside(run=carry_out, settle=settled, failed=lambda uow, row: _call(row).settle(uow)),
)
def complete(uow: UnitOfWork, params: CompleteParams) -> Attempt:
    """Reserves the first call; it is made after this commit, while whoever asked listens."""
    call = call_of(params)
    if call is None:
        raise NotAllowed(_("Whoever asked for it asks again: the answer goes to them."))
    return call.begin(uow)
