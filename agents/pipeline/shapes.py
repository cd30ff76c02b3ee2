"""Runs as the API shows them (design 6.2, pinned)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from agents.pipeline.models import Lane, LaneResult, Run
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.shapes import checkpoint_out
from governance.isolation.context import current
from governance.isolation.lookup import by_id
from governance.people.policies import may_write


class IntentOut(BaseModel):
    type: str
    effect: str
    confidence: float


class EncodingOut(BaseModel):
    text: str
    score: int
    fields: dict[str, Any]


class LaneOut(BaseModel):
    lane: str
    name: str
    status: str
    duration_us: int | None


class EstimateOut(BaseModel):
    expected: int
    worst_case: int
    cost_pico_usd: int


class UsageOut(BaseModel):
    input_tokens: int
    output_tokens: int
    credits: int
    cost_pico_usd: int


class ResultOut(BaseModel):
    text: str
    message_id: UUID | None
    artefacts: list[dict[str, Any]]


class RunOut(BaseModel):
    """A run; `question` is what a `needs_clarification` asks, `error` the code of a failure."""

    id: UUID
    status: str
    text: str
    sphere: str
    thread: UUID
    agent: str
    intent: IntentOut
    encoding: EncodingOut
    lanes: list[LaneOut]
    estimate: EstimateOut
    usage: UsageOut
    result: ResultOut
    checkpoint: dict[str, Any] | None
    question: str
    error: str
    created_at: datetime
    ended_at: datetime | None


class RunList(BaseModel):
    results: list[RunOut]
    next: str | None
    previous: str | None


def run_out(run: Run) -> dict[str, Any]:
    """The public form of one run, inside a transaction."""
    return shaped(run, list(LaneResult.objects.filter(run=run)), checkpoint_of(run))


def _seen(row: Checkpoint) -> dict[str, Any]:
    """The question a run waits for, as the bound person may see it: a viewer gets no preview (design 3.1)."""
    sees = may_write(current())
    return checkpoint_out(row, may_decide=sees, show_preview=sees)


def checkpoint_of(run: Run) -> Checkpoint | None:
    """The question a run waits for."""
    if run.status != Run.Status.AWAITING_APPROVAL or run.checkpoint_id is None:
        return None
    asked: Checkpoint | None = by_id(Checkpoint, run.checkpoint_id)
    return asked


def shaped(run: Run, lanes: list[LaneResult], waiting: Checkpoint | None) -> dict[str, Any]:
    by_lane = {row.lane: row for row in lanes}
    return RunOut(
        id=run.pk,
        status=run.status,
        text=run.text,
        sphere=run.sphere,
        thread=run.thread_id,
        agent=run.agent,
        intent=IntentOut(**run.intent),
        encoding=EncodingOut(text=run.encoding, score=run.encoding_score, fields=fields_of(run.encoding)),
        lanes=[lane_out(lane, by_lane.get(lane)) for lane in Lane],
        estimate=EstimateOut(**run.estimate),
        usage=UsageOut(
            input_tokens=run.input_tokens,
            output_tokens=run.output_tokens,
            credits=run.credits,
            cost_pico_usd=run.cost_pico_usd,
        ),
        result=ResultOut(text=run.result_text, message_id=run.message_id, artefacts=run.artefacts),
        checkpoint=_seen(waiting) if waiting else None,
        question=run.question,
        error=run.error,
        created_at=run.created_at,
        ended_at=run.ended_at,
    ).model_dump(mode="json")


def lane_out(lane: Lane, row: LaneResult | None) -> LaneOut:
    status = row.status if row else LaneResult.Status.PENDING
    return LaneOut(lane=lane.value, name=str(lane.label), status=status, duration_us=row.duration_us if row else None)


def fields_of(text: str) -> dict[str, Any]:
    """The encoding's fields by their names in the text form: {"ACT": "EXT", "FOCUS": ["FACT"], …}."""
    found: dict[str, Any] = {}
    for part in text.split():
        name, _, value = part.partition(":")
        found[name] = value.split("+") if name == "FOCUS" else value
    return found
