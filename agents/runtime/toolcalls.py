"""What the model asked for becomes a governed act, a question to a person, or a refusal (design 4.4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agents.pipeline.binding import run_binding
from agents.pipeline.models import Run, ToolCall
from agents.pipeline.untrusted import in_result, joined
from agents.runtime.tools import from_wire, offered, told
from governance.checkpoints.execution import OutsideFailed
from governance.checkpoints.models import Checkpoint
from governance.errors import BadInput, CheckpointRequired, GovernanceError
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.perform import parse, perform
from governance.registry.actions import Params
from governance.uow import UnitOfWork, unit_of_work
from spheres.models import Item
from threads.models import Thread

MOST_BAD_CALLS = 3
NOTED = {"begun": ToolCall.Status.BEGUN, "done": ToolCall.Status.DONE, "asked": ToolCall.Status.WAITING}
Note = Callable[[UnitOfWork, str, Any], None]
Pause = Callable[[UnitOfWork, UUID], None]


class Paused(Exception):
    """A tool call waits for a person. `noted`: the run knows it already, from the commit of the question."""

    def __init__(self, checkpoint_id: UUID, *, noted: bool = False) -> None:
        super().__init__(str(checkpoint_id))
        self.checkpoint_id, self.noted = checkpoint_id, noted


class EffectUnknown(Exception):
    """An outside effect was begun and nobody knows whether it happened: a person must look."""


OPEN = frozenset({ToolCall.Status.REQUESTED, ToolCall.Status.WAITING, ToolCall.Status.BEGUN})


def carry_out(run: Run, call: ToolCall, pause: Pause) -> None:
    """Brings one call to its end; `pause(uow, checkpoint)` makes the run wait, in the commit of the question.

    Raises Paused or EffectUnknown; a failure is told to the model.
    """
    if call.status == ToolCall.Status.BEGUN:
        raise EffectUnknown(call.action)
    approval: UUID | None = None
    if call.status == ToolCall.Status.WAITING:
        approval = _decided(call)
        if approval is None:
            return
    try:
        params = _valid(run, call)
    except BadInput as refusal:
        _end(call, ToolCall.Status.REFUSED, {"error": _sentence(refusal), "fields": _fields(refusal), "bad": True})
        return
    _perform(run, call, params, approval, pause)


def _perform(run: Run, call: ToolCall, params: Params, approval: UUID | None, pause: Pause) -> None:
    try:
        perform(
            call.action,
            params,
            approval=approval,
            binding=run_binding(run),
            estimate=_facts(run, params),
            alongside=_noting(run, call, pause),
        )
    except CheckpointRequired as stop:
        raise Paused(UUID(stop.checkpoint["id"]), noted=True) from None
    except OutsideFailed as failure:
        _end(call, ToolCall.Status.REFUSED, {"error": _("It could not be done: %(why)s") % {"why": failure}})
    except GovernanceError as refusal:
        _end(call, ToolCall.Status.REFUSED, {"error": _sentence(refusal), "fields": _fields(refusal)})


def _noting(run: Run, call: ToolCall, pause: Pause) -> Note:
    """Notes a call in the very commit of its act or its question, so that a crash can neither lose nor double it."""

    def note(uow: UnitOfWork, phase: str, row: Any) -> None:
        if phase == "asked":
            call.checkpoint_id = row.pk
        _store(uow, call, NOTED[phase], told(call.action, row) if phase == "done" else {})
        if phase == "asked":
            pause(uow, row.pk)
        if phase == "done" and (read := in_result(call.action, row, run.person_id)):
            run.untrusted = joined(run.untrusted, read)
            uow.change(run, "untrusted")

    return note


def _decided(call: ToolCall) -> UUID | None:
    """The approval of a waiting call; None when it was refused, which is then its outcome. Raises Paused."""
    with reading():
        row = find(Checkpoint.objects, call.checkpoint_id)
        words = [vote.comment for vote in row.votes.all() if vote.comment]
    if row.status == Checkpoint.Status.PENDING:
        raise Paused(row.pk)
    if row.status == Checkpoint.Status.SUPERSEDED:
        return _follow(call, row)
    if row.status == Checkpoint.Status.APPROVED:
        return row.pk
    why = _("A person refused this. Nothing was done.") + (f" « {words[0]} »" if words else "")
    _end(call, ToolCall.Status.REFUSED, {"error": why, "refused_by_person": True, "status": row.status})
    return None


def _follow(call: ToolCall, old: Checkpoint) -> UUID | None:
    """The person edited the act: its new question, and its new parameters, take the place of the old."""
    with reading():
        new = find(Checkpoint.objects, old.superseded_by_id)
    call.params, call.checkpoint_id = new.params, new.pk
    with unit_of_work() as uow:
        uow.change(call, "params", "checkpoint_id")
    return _decided(call)


def _valid(run: Run, call: ToolCall) -> Params:
    """The parsed parameters of an offered tool. Raises BadInput, which the model is told."""
    tools = {tool.action.name: tool for tool in offered(run)}
    tool = tools.get(call.action)
    if tool is None:
        raise BadInput(_("There is no such tool here."))
    params = parse(tool.action, call.params)
    if tool.action.effect == "READ" and sphere_of(params) not in {None, run.sphere}:
        raise BadInput(_("Another sphere than this run's cannot be read."))
    return params


def sphere_of(params: Params) -> str | None:
    """The sphere that an act touches: its own parameter, or that of the object it names, which is looked up."""
    if sphere := getattr(params, "sphere", None):
        return str(sphere)
    for name, model in (("item", Item), ("thread", Thread)):
        if pk := getattr(params, name, None):
            with reading():
                return str(find(model.objects, pk).sphere)
    return None


def _facts(run: Run, params: Params) -> dict[str, Any]:
    """What rules may ask: a write into another sphere is seen by them."""
    return {"sphere": run.sphere, "target_sphere": sphere_of(params) or run.sphere}


def _end(call: ToolCall, status: str, outcome: dict[str, Any]) -> None:
    with unit_of_work() as uow:
        _store(uow, call, status, outcome)


def _store(uow: UnitOfWork, call: ToolCall, status: str, outcome: dict[str, Any]) -> None:
    call.status, call.outcome = status, outcome
    uow.change(call, "status", "outcome", "checkpoint_id")
    uow.announce(f"tool.{status}", call.pk, call.run_id, action=call.action)


def _sentence(refusal: GovernanceError) -> str:
    return str(refusal.detail or refusal.title)


def _fields(refusal: GovernanceError) -> dict[str, Any]:
    return getattr(refusal, "errors", {})


def results_turn(calls: list[ToolCall]) -> list[dict[str, Any]]:
    """The user turn that tells the model what came of its calls."""
    return [
        {
            "type": "tool_result",
            "tool_use_id": call.call_id,
            "content": json.dumps(call.outcome, ensure_ascii=False, default=str),
            "is_error": call.status == ToolCall.Status.REFUSED,
        }
        for call in calls
    ]


def requested(run: Run, turn: int, blocks: list[dict[str, Any]]) -> list[ToolCall]:
    """Rows for the calls of an assistant turn; names are undone before anything is stored."""
    return [
        ToolCall(
            run=run,
            turn=turn,
            position=position,
            call_id=block["id"][:100],
            action=from_wire(block["name"])[:100],
            params=block["input"] if isinstance(block["input"], dict) else {},
        )
        for position, block in enumerate(blocks)
    ]
