"""The decision: hard filters, then scores. Pure, without input or output, equal for equal questions (design 5.2).

What no number of tokens changes is found once for each kind of question, and kept: the models that are open to it with
the most they can reach, the best prospects first. So the best is found by looking at a few; the whole
ranking with its reasons is worked out when somebody asks why.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

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
    STOPPED = "stopped"
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

    def order(self) -> tuple[int, int, int, int]:
        """The best first; among equals the better answers, the lower cost, then as the field lists them."""
        return -self.score, -self.quality, self.estimate, self.candidate.place


class Prospect(NamedTuple):
    """A model that is open to a kind of question. `reaches`: its score if it cost nothing."""

    reaches: int
    candidate: Candidate
    fixed: int
    speed: int
    preference: int


class Shortlist(NamedTuple):
    """What holds for every question of a kind, whatever its numbers. `by_cost`: the weight of cost, in hundredths."""

    prospects: tuple[Prospect, ...]
    closed: tuple[tuple[Candidate, str], ...]
    by_cost: int


KIND = attrgetter("task", "role", "strategy", "needs", "residency", "prefer", "exclude", "allowed", "provider", "model")
MOST_KINDS = 256


class Router:
    """Decides in one field and one state; a new one is made when either changes."""

    def __init__(self, field: Field, state: State) -> None:
        self.field, self.state = field, state
        self._shortlists: dict[Any, Shortlist] = {}

    def decide(self, ask: Ask) -> Decision:
        """Ranks every candidate of the field for the question."""
        kind = KIND(ask)
        found = self._shortlists.get(kind)
        if found is None:
            if len(self._shortlists) >= MOST_KINDS:
                self._shortlists.clear()
            found = self._shortlists[kind] = shortlist(self.field, self.state, ask)
        return Decision(self.field, ask, found)


class Decision:
    """The best model that fits; and, when asked for, all that fit, the others with the reason, and the chain."""

    def __init__(self, field: Field, ask: Ask, found: Shortlist) -> None:
        self._field, self._ask, self._found = field, ask, found
        self.best = self._best()

    def _best(self) -> Ranked | None:
        best: Ranked | None = None
        for prospect in self._found.prospects:
            if best is not None and prospect.reaches < best.score:
                break  # nor can any that follows reach it
            ranked = self._ranked(prospect)
            if isinstance(ranked, Ranked) and (best is None or ranked.order() < best.order()):
                best = ranked
        return best

    def _ranked(self, prospect: Prospect) -> Ranked | str:
        """Its place in the ranking, or why it has none."""
        ask, (_reaches, candidate, fixed, speed, preference) = self._ask, prospect
        used, made = ask.input_tokens, ask.output_tokens
        if made > candidate.output_limit:
            return Excluded.OUTPUT
        if (used + made if candidate.shared_context else used) > candidate.input_limit:
            return Excluded.CONTEXT
        estimate = candidate.cost(used, made)
        if ask.max_cost is not None and estimate > ask.max_cost:
            return Excluded.TOO_DEAR
        cost = cost_part(estimate)
        score = (fixed + self._found.by_cost * cost) // 100 + preference
        return Ranked(candidate, score, candidate.quality, speed, cost, preference, estimate)

    @cached_property
    def _judged(self) -> list[tuple[Candidate, Ranked | str]]:
        return [(prospect.candidate, self._ranked(prospect)) for prospect in self._found.prospects]

    @cached_property
    def ranked(self) -> tuple[Ranked, ...]:
        """All that fit, the best first."""
        return tuple(sorted((why for _each, why in self._judged if isinstance(why, Ranked)), key=Ranked.order))

    @cached_property
    def excluded(self) -> tuple[tuple[Candidate, str], ...]:
        """All that do not, with the first reason."""
        return self._found.closed + tuple((each, why) for each, why in self._judged if not isinstance(why, Ranked))

    @cached_property
    def chain(self) -> tuple[Candidate, ...]:
        """The best that fits of each provider in the chain of the chosen one; whoever names a model, and Nova, gets
        that or an error."""
        if self.best is None or self._ask.strategy == Strategy.SPECIFIC or self._ask.role == Role.NOVA:
            return ()
        first: dict[str, Candidate] = {}
        for each in self.ranked:
            first.setdefault(each.candidate.provider, each.candidate)
        names = self._field.chains.get(self.best.candidate.provider, ())
        return tuple(first[name] for name in names if name in first)


def decide(field: Field, ask: Ask, state: State) -> Decision:
    """One decision, with nothing kept for the next."""
    return Decision(field, ask, shortlist(field, state, ask))


def shortlist(field: Field, state: State, ask: Ask) -> Shortlist:
    """Every candidate of the field, judged by all but the numbers of the question."""
    by_quality, by_speed, by_cost = WEIGHTS[ask.strategy]
    bonus, rates = _preferences(field, ask), state.rates
    prospects: list[Prospect] = []
    closed: list[tuple[Candidate, str]] = []
    for candidate in field.candidates:
        if reason := _unnamed(candidate, ask) or _unwanted(candidate, ask) or _unavailable(candidate, ask, state):
            closed.append((candidate, reason))
            continue
        measured = rates.get((candidate.provider, candidate.facts.id))
        speed = candidate.speed if measured is None else speed_part(measured)
        fixed = by_quality * candidate.quality + by_speed * speed
        preference = bonus.get(candidate.provider, 0) + (BEST_FOR if ask.task in candidate.facts.best_for else 0)
        reaches = (fixed + by_cost * 1000) // 100 + preference
        prospects.append(Prospect(reaches, candidate, fixed, speed, preference))
    prospects.sort(key=lambda each: (-each.reaches, each.candidate.place))
    return Shortlist(tuple(prospects), tuple(closed), by_cost)


def _unnamed(candidate: Candidate, ask: Ask) -> str:
    """Old models are reached by name alone; a name asks for nothing else."""
    if ask.strategy != Strategy.SPECIFIC:
        return Excluded.HISTORIC if candidate.facts.historic else ""
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


def _unavailable(candidate: Candidate, ask: Ask, state: State) -> str:
    if candidate.provider in state.stopped:
        return Excluded.STOPPED
    if candidate.provider not in state.keyed:
        return Excluded.NO_KEY
    if candidate.provider in state.unwell:
        return Excluded.UNWELL
    if candidate.provider in state.full:
        return Excluded.FULL
    if not ask.needs <= candidate.can:
        return Excluded.CANNOT
    return Excluded.RESIDENCY if ask.residency and not candidate.places <= ask.residency else ""


def _preferences(field: Field, ask: Ask) -> dict[str, int]:
    """What being preferred adds to the score, by provider."""
    found = dict(zip(field.tasks.get(ask.task, ()), BY_TASK, strict=False))
    for provider in ask.prefer:
        found[provider] = found.get(provider, 0) + BY_WISH
    if preferred := field.roles.get(ask.role):
        found[preferred] = found.get(preferred, 0) + BY_ROLE
    return found
