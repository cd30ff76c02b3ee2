"""The one way to act: policy → gate → change → audit → announce (design 2.2, 3.3).

Pages, API, agents, tasks and MCP all come through `perform()`; the actor is the bound context, so
an act can never claim to be somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import Outcome
from governance.checkpoints.envelope import Binding
from governance.checkpoints.execution import carry_out_outside, conclude
from governance.checkpoints.opening import claim, open_checkpoint
from governance.checkpoints.words import preview_of
from governance.errors import BadInput, CheckpointRequired, GovernanceError, NotAllowed
from governance.gate import Ruling, judge, store_verdict
from governance.isolation.context import Why, bind, current, reading, system_scope
from governance.people.models import Identity
from governance.people.standing import as_of_now
from governance.registry.actions import Action, Effect, Params, get_action
from governance.registry.fields import by_field
from governance.registry.idempotency import Key, replay_or_claim, store_answer
from governance.uow import UnitOfWork, recorded, unit_of_work

Render = Callable[[Any], tuple[int, Any]]
Alongside = Callable[[UnitOfWork, str, Any], None]


@dataclass(frozen=True, slots=True)
class Act:
    """One act on its way through the gate."""

    action: Action
    params: Params
    ruling: Ruling
    preview: dict[str, Any]
    binding: Binding
    approval: UUID | None
    alongside: Alongside | None


def perform(
    name: str,
    params: Mapping[str, Any] | Params,
    *,
    key: Key | None = None,
    render: Render | None = None,
    approval: UUID | None = None,
    binding: Binding | None = None,
    estimate: Mapping[str, Any] | None = None,
    alongside: Alongside | None = None,
) -> Any:
    """Performs the action `name` for the bound actor and returns what its change returned.

    With `key` (an Idempotency-Key) the answer `render(result)` is kept in the same transaction and given
    again for the same request: then `(status, body)` is returned. `approval` is the approved checkpoint
    that lets the act pass, `binding` what such an approval is bound to besides the act, `estimate` facts
    of a run. `alongside(uow, phase, row)` notes the act in the same commit: phase `done`; for what leaves
    the installation also `begun`, in the commit before it; and `asked`, with the checkpoint, when a person
    must agree. Raises a GovernanceError on any refusal; it has then been recorded and nothing has changed.
    """
    if connection.in_atomic_block:
        raise RuntimeError("perform() opens its own transactions: leave reading() first")
    action = get_action(name)
    parsed = parse(action, params)
    with bind(as_of_now(current())):
        return _perform(action, parsed, key, render, approval, binding, estimate, alongside)


def _perform(
    action: Action,
    parsed: Params,
    key: Key | None,
    render: Render | None,
    approval: UUID | None,
    binding: Binding | None,
    estimate: Mapping[str, Any] | None,
    alongside: Alongside | None,
) -> Any:
    """Policy, gate, then what they say; every refusal is recorded."""
    ruling: Ruling | None = None
    try:
        with reading():
            thread = binding.thread if binding and approval is None else None  # an approval needs no grant
            ruling = rule(action, parsed, estimate, thread)
            preview = preview_of(action, parsed) if ruling.asks or approval else {}
        if ruling.denied:
            raise NotAllowed(_("A rule refuses this."), verdict=ruling.decision.document)
        act = Act(action, parsed, ruling, preview, binding or Binding(), approval, alongside)
        if ruling.asks and approval is None:
            raise open_checkpoint(action, parsed, preview, ruling, act.binding, alongside)
        return _pass(act, key, render)
    except CheckpointRequired:
        raise  # its checkpoint was written with its own entry
    except GovernanceError as refusal:
        record_refusal(action, parsed, refusal, ruling)
        raise


def parse(action: Action, params: Mapping[str, Any] | Params) -> Params:
    """The validated parameters; raises BadInput naming each wrong field."""
    if isinstance(params, action.params):
        return params
    try:
        return action.params.model_validate(dict(params))
    except ValidationError as error:
        raise BadInput(_("Some fields are missing or wrong."), errors=by_field(error)) from error


def rule(action: Action, params: Params, estimate: Mapping[str, Any] | None, thread: UUID | None = None) -> Ruling:
    """Policy, then gate; `thread` as for `judge`. Raises NotAllowed when the policy says no."""
    actor = current()
    if not action.policy(actor, params):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    return judge(action, actor, params, estimate, thread)


def _pass(act: Act, key: Key | None, render: Render | None) -> Any:
    """What the gate let through: at home in one transaction, outside between two."""
    if act.action.outside is not None:
        result = carry_out_outside(act.action, lambda uow: _begin(uow, act), act.alongside)
        return render(result) if render else result
    with unit_of_work() as uow:
        if key is not None and (kept := replay_or_claim(key)) is not None:
            return kept
        result, execution = _begin(uow, act)
        conclude(execution, result)
        if act.alongside is not None:
            act.alongside(uow, "done", result)
        if render is None:
            answer = result
        else:
            uow.write()  # an answer may read what was written
            answer = render(result)
        if key is not None:
            store_answer(key, answer)
        return answer


def _begin(uow: UnitOfWork, act: Act) -> tuple[Any, Any]:
    """Consumes the approval (when one is needed) and makes the change; returns (row, execution)."""
    execution = None
    if act.approval is not None:
        execution = claim(act.approval, act.action, act.params, act.preview, act.ruling, act.binding)
    verdict, changes = None, act.action.effect is not Effect.READ
    of_installation = uow.actor.identity_id == SYSTEM_CHAIN
    if (changes or act.ruling.grant_id) and not of_installation:
        verdict = store_verdict(uow, act.ruling, act.action, uow.actor, consented=act.approval is not None)
    result = uow.carry_out(act.action, act.params, verdict=verdict, checkpoint=act.approval)
    if changes and of_installation:  # a verdict is a row of an identity; here there is none, so the entry holds it
        uow.tell(verdict=act.ruling.decision.document)
    return result, execution


def record_refusal(action: Action, params: Params, refusal: GovernanceError, ruling: Ruling | None) -> None:
    """Writes the entry of a refused act, in a new transaction on the same connection."""
    draft = Draft(
        action.name,
        action.effect,
        Outcome.REFUSED,
        reason=refusal.code,
        payload={"params": recorded(action, params)},
    )
    if not Identity.objects.filter(pk=current().identity_id).exists():
        with system_scope(Why.RECORD_REFUSAL):  # a refused registration: its identity was never made
            append(SYSTEM_CHAIN, current(), [draft], [])
        return
    with unit_of_work() as uow:
        if ruling is not None and ruling.denied:
            draft.verdict = store_verdict(uow, ruling, action, uow.actor)
        uow.drafts.append(draft)
