"""A completion as our own API tells it (design 5.5). Pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from agents.llm.completing.asking import Done
from agents.llm.routing.shapes import Hop, Parts
from governance.ledger.amounts import usd_text


class TokensOut(BaseModel):
    """Of the call that answered; `estimated`: the provider did not say."""

    input_tokens: int
    output_tokens: int
    estimated: bool


class CostOut(BaseModel):
    """Of all attempts together."""

    credits: int
    cost_pico_usd: int
    cost: str


class AttemptOut(BaseModel):
    id: UUID
    provider: str
    model: str
    state: str
    error: str
    credits: int
    cost_pico_usd: int


class ChosenOut(BaseModel):
    """Why this model; null where it was named."""

    id: UUID
    provider: str
    model: str
    score: int
    parts: Parts
    chain: list[Hop]
    estimate_pico_usd: int
    price_version: str
    decided_us: int


class CompletionOut(BaseModel):
    """`content`: blocks of type text and tool_use."""

    id: UUID
    provider: str
    model: str
    content: list[dict[str, Any]]
    text: str
    stop_reason: str
    usage: TokensOut
    cost: CostOut
    attempt: UUID
    attempts: list[AttemptOut]
    decision: ChosenOut | None


def completion_out(done: Done) -> dict[str, Any]:
    last, answer = done.attempt, done.answer
    return CompletionOut(
        id=done.attempts[0].pk,
        provider=last.provider,
        model=last.model,
        content=done.content,
        text=answer.text,
        stop_reason=answer.stop_reason,
        usage=TokensOut(
            input_tokens=last.input_tokens, output_tokens=last.output_tokens, estimated=last.usage_estimated
        ),
        cost=CostOut(credits=done.credits, cost_pico_usd=done.pico_usd, cost=usd_text(done.pico_usd)),
        attempt=last.pk,
        attempts=[
            AttemptOut(
                id=each.pk, provider=each.provider, model=each.model, state=each.state, error=each.error,
                credits=each.credits, cost_pico_usd=each.pico_usd,
            )
            for each in done.attempts
        ],
        decision=_chosen(done),
    ).model_dump(mode="json")  # fmt: skip


def _chosen(done: Done) -> ChosenOut | None:
    row = done.decision
    if row is None:
        return None
    same = ("provider", "model", "score", "parts", "chain", "estimate_pico_usd", "price_version", "decided_us")
    return ChosenOut(id=row.pk, **{name: getattr(row, name) for name in same})
