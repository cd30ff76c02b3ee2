"""What is said of a decision (design 5.5). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from agents.llm.routing.asking import Strategy
from agents.llm.routing.deciding import Decision, Ranked
from agents.llm.routing.models import RoutingDecision, RoutingPreference


class Parts(BaseModel):
    """Thousandths; `preference` is what being preferred adds to the weighed others."""

    quality: int
    speed: int
    cost: int
    preference: int


class RankedOut(BaseModel):
    """`score` of one that fits; `excluded` says why another does not."""

    provider: str
    model: str
    score: int | None
    excluded: str | None


class Hop(BaseModel):
    provider: str
    model: str


class DecisionOut(BaseModel):
    """`provider` null: no model fits, and `ranked` says why. `estimate_pico_usd`: of the tokens that were asked for."""

    id: UUID
    at: datetime
    task: str
    role: str
    strategy: str
    asked: dict[str, Any]
    provider: str | None
    model: str | None
    score: int | None
    parts: Parts | None
    ranked: list[RankedOut]
    chain: list[Hop]
    estimate_pico_usd: int | None
    price_version: str | None
    decided_us: int


class DecisionPage(BaseModel):
    results: list[DecisionOut]
    next: str | None
    previous: str | None


class PreferencesOut(BaseModel):
    strategy: Strategy
    residency: list[str]
    prefer: list[str]
    exclude: list[str]
    max_cost_pico_usd: int | None


def decision_out(row: RoutingDecision) -> dict[str, Any]:
    same = ("at", "task", "role", "strategy", "asked", "score", "ranked", "chain", "estimate_pico_usd", "decided_us")
    told: dict[str, Any] = {name: getattr(row, name) for name in same}
    told |= {name: getattr(row, name) or None for name in ("provider", "model", "parts", "price_version")}
    return DecisionOut(id=row.pk, **told).model_dump(mode="json")


def preferences_out(row: RoutingPreference) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PreferencesOut.model_fields}


def found(decision: Decision) -> dict[str, Any]:
    """The columns of a row that say what was found."""
    told: dict[str, Any] = {"ranked": ranking(decision), "chain": hops(decision)}
    if best := decision.best:
        facts = best.candidate.facts
        told |= {"provider": facts.provider, "model": facts.id, "price_version": facts.price_version}
        told |= {"score": best.score, "parts": parts(best), "estimate_pico_usd": best.estimate}
    return told


def ranking(decision: Decision) -> list[dict[str, Any]]:
    """Those that fit, the best first, then the others with the reason."""
    fit = [_line(each.candidate.facts, each.score, None) for each in decision.ranked]
    return fit + [_line(candidate.facts, None, str(why)) for candidate, why in decision.excluded]


def _line(facts: Any, score: int | None, excluded: str | None) -> dict[str, Any]:
    return {"provider": facts.provider, "model": facts.id, "score": score, "excluded": excluded}


def hops(decision: Decision) -> list[dict[str, str]]:
    return [{"provider": each.provider, "model": each.facts.id} for each in decision.chain]


def parts(ranked: Ranked) -> dict[str, int]:
    return {name: getattr(ranked, name) for name in Parts.model_fields}
