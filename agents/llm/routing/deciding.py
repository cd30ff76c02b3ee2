"""The decision: hard filters, then scores. Pure, without input or output, equal for equal questions (design 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from agents.llm.routing.asking import Ask, Role, Strategy
from agents.llm.routing.field import Candidate, Field, State
from agents.llm.routing.scoring import BEST_FOR, BY_ROLE, BY_TASK, BY_WISH, WEIGHTS, cost_part, speed_part


class Excluded(StrEnum):
    """Why a model cannot be called for a question; the first that applies is told."""

    LOCKED = "locked"
    NOT_NAMED = "not_named"
    HISTORIC = "historic"
    UNWANTED = "unwanted"
    NOT_APPROVED = "not_approved"
    NO_KEY = "no_key"
    UNWELL = "unwell"
    FULL = "full"
    CANNOT = "cannot"
    RESIDENCY = "residency"
    CONTEXT = "context"
    OUTPUT = "output"
    TOO_DEAR = "too_dear"


class Ranked(NamedTuple):
    """One model that fits. `estimate`: pico-USD. The score is the weighed parts and what being preferred adds."""

    candidate: Candidate
    score: int
    quality: int
    speed: int
    cost: int
    preference: int
    estimate: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The models that fit, the best first; the others with the reason; and whom to ask when the first fails."""

    ranked: tuple[Ranked, ...]
    excluded: tuple[tuple[Candidate, str], ...]
    chain: tuple[Candidate, ...]

    @property
    def best(self) -> Ranked | None:
        return self.ranked[0] if self.ranked else None


def decide(field: Field, ask: Ask, state: State) -> Decision:
    """Ranks every candidate of the field for the question."""
    fit: list[Ranked] = []
    out: list[tuple[Candidate, str]] = []
    weights, bonus, most = WEIGHTS[ask.strategy], _preferences(field, ask), ask.max_cost
    specific, used, made = ask.strategy == Strategy.SPECIFIC, ask.input_tokens, ask.output_tokens
    for candidate in field.candidates:
        reason = (
            (_unnamed(candidate, ask) if specific or candidate.historic else "")
            or _unwanted(candidate, ask)
            or _unavailable(candidate, state)
            or _unable(candidate, ask)
        )
        estimate = 0 if reason else candidate.cost(used, made)
        if not reason and most is not None and estimate > most:
            reason = Excluded.TOO_DEAR
        if reason:
            out.append((candidate, reason))
        else:
            fit.append(_scored(candidate, ask.task, state.rates, weights, bonus.get(candidate.provider, 0), estimate))
    fit.sort(key=_order)
    return Decision(tuple(fit), tuple(out), _chain(field, ask, fit))


def _unnamed(candidate: Candidate, ask: Ask) -> str:
    """Old models are reached by name alone; a name asks for nothing else."""
    if ask.strategy != Strategy.SPECIFIC:
        return Excluded.HISTORIC
    named = ask.model == candidate.facts.id or ask.model in candidate.facts.aliases
    return "" if named and ask.provider in ("", candidate.provider) else Excluded.NOT_NAMED


def _unwanted(candidate: Candidate, ask: Ask) -> str:
    if ask.role == Role.NOVA and not candidate.for_nova:
        return Excluded.LOCKED
    if candidate.provider in ask.exclude:
        return Excluded.UNWANTED
    if ask.allowed is not None and (candidate.provider, candidate.facts.id) not in ask.allowed:
        return Excluded.NOT_APPROVED
    return ""


def _unavailable(candidate: Candidate, state: State) -> str:
    provider = candidate.provider
    if provider not in state.keyed:
        return Excluded.NO_KEY
    if provider in state.unwell:
        return Excluded.UNWELL
    return Excluded.FULL if provider in state.full else ""


def _unable(candidate: Candidate, ask: Ask) -> str:
    if ask.needs and not ask.needs <= candidate.can:
        return Excluded.CANNOT
    if ask.residency and not candidate.places <= ask.residency:
        return Excluded.RESIDENCY
    if ask.output_tokens > candidate.output_limit:
        return Excluded.OUTPUT
    whole = ask.input_tokens + ask.output_tokens if candidate.shared_context else ask.input_tokens
    return Excluded.CONTEXT if whole > candidate.input_limit else ""


def _preferences(field: Field, ask: Ask) -> dict[str, int]:
    """What being preferred adds to the score, by provider."""
    found: dict[str, int] = {}
    for provider, more in zip(field.tasks.get(ask.task, ()), BY_TASK, strict=False):
        found[provider] = more
    for provider in ask.prefer:
        found[provider] = found.get(provider, 0) + BY_WISH
    if preferred := field.roles.get(ask.role):
        found[preferred] = found.get(preferred, 0) + BY_ROLE
    return found


def _scored(
    candidate: Candidate,
    task: str,
    rates: Mapping[tuple[str, str], int],
    weights: tuple[int, int, int],
    bonus: int,
    estimate: int,
) -> Ranked:
    measured = rates.get((candidate.provider, candidate.facts.id)) if rates else None
    speed = candidate.speed if measured is None else speed_part(measured)
    cost = cost_part(estimate)
    preference = bonus + BEST_FOR if task in candidate.best_for else bonus
    score = (weights[0] * candidate.quality + weights[1] * speed + weights[2] * cost) // 100 + preference
    return Ranked(candidate, score, candidate.quality, speed, cost, preference, estimate)


def _order(each: Ranked) -> tuple[int, int, int, int]:
    """The best first; among equals the better answers, the lower cost, then as the field lists them."""
    return -each[1], -each[2], each[6], each[0].place


def _chain(field: Field, ask: Ask, fit: Sequence[Ranked]) -> tuple[Candidate, ...]:
    """The best model that fits of each provider in the chain of the chosen one; whoever names a model, and Nova,
    gets that or an error."""
    if not fit or ask.strategy == Strategy.SPECIFIC or ask.role == Role.NOVA:
        return ()
    first: dict[str, Candidate] = {}
    for each in fit:
        first.setdefault(each.candidate.provider, each.candidate)
    names = field.chains.get(fit[0].candidate.provider, ())
    return tuple(first[name] for name in names if name in first)
