"""Which models may answer a request, in which order, and what that can cost: before anything is held."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.llm.catalogue import credits
from agents.llm.completing.params import CompleteParams
from agents.llm.completing.refusals import NoModel
from agents.llm.errors import ModelUnavailable
from agents.llm.exchange import ModelRequest
from agents.llm.facts import ModelFacts
from agents.llm.passage import provider_of
from agents.llm.routing.actions import Needs, RouteParams, asking
from agents.llm.routing.asking import Ask, Strategy
from agents.llm.routing.deciding import Decision, Excluded, Router
from agents.llm.routing.now import router_now
from agents.llm.routing.words import REASONS
from governance.checkpoints.envelope import Binding, request_digest
from governance.checkpoints.models import Checkpoint
from governance.errors import Halted, TooMany
from governance.isolation.context import current
from governance.registry.actions import Action

BYTES_PER_EXPECTED_TOKEN = 4
EXPECTED_OUTPUT = 1_024  # where more is allowed, it is seldom used
MOST_HOPS = 4
LONGEST_VERSION = 200


@dataclass(frozen=True)
class Plan:
    """`allowed`: what may be called at all, the first choice first: what an approval is bound to. `hops`: those
    of them that can be called now. `approval`: the unused one that a person gave to this very request."""

    params: CompleteParams
    asked: Ask
    decision: Decision
    allowed: tuple[ModelFacts, ...]
    hops: tuple[ModelFacts, ...]
    registry: str
    decided_us: int = 0
    approval: UUID | None = None
    requests: dict[tuple[str, str], ModelRequest] = field(default_factory=dict)

    def request(self, model: ModelFacts) -> ModelRequest:
        """The request as one model gets it."""
        key = (model.provider, model.id)
        if key not in self.requests:
            words = self.params.words()
            choice = self.params.tool_choice
            self.requests[key] = ModelRequest(
                model=model,
                system=_system(words["system"], model, self.params.options),
                messages=[*map(_said, words["messages"])],
                tools=words["tools"],
                max_tokens=self.params.max_tokens,
                tool_choice=choice.model_dump(exclude_defaults=True) if choice else None,
                options=self.params.options,
            )
        return self.requests[key]

    @cached_property
    def held(self) -> tuple[int, int]:
        """Credits and pico-USD that the dearest of the allowed models can cost at most."""
        requests = [self.request(model) for model in self.allowed]
        return (
            max(credits(each.bytes(), each.output_limit) for each in requests),
            max(each.model.worst_cost(each.bytes(), each.output_limit) for each in requests),
        )

    @property
    def most_tokens(self) -> int:
        """Model tokens of the worst case: each byte of the prompt one, and all the output that is allowed."""
        return max(each.bytes() + each.output_limit for each in map(self.request, self.allowed))

    def expected(self) -> dict[str, int]:
        """What rules are told: expected model tokens, and their price at the first choice."""
        size = -(-self.request(self.hops[0]).bytes() // BYTES_PER_EXPECTED_TOKEN)
        output = min(self.params.max_tokens, EXPECTED_OUTPUT)
        return {
            "estimated_tokens": size + output,
            "estimated_cost_pico_usd": self.hops[0].cost(size, output),
        }

    def binding(self) -> Binding:
        """What an approval is bound to; the hold is in the preview, which it is bound to as well."""
        versions = sorted({model.price_version for model in self.allowed})
        return Binding(
            sphere=self.params.sphere,
            models=tuple(name_of(model) for model in self.allowed),
            max_tokens=self.params.max_tokens,
            price_version=" ".join(versions)[:LONGEST_VERSION],
            resume_job="",  # nobody waits for it but whoever asked: they ask again
        )


def name_of(model: ModelFacts) -> str:
    return f"{model.provider}/{model.id}"


def plan_for(action: Action, params: CompleteParams) -> Plan:
    """The plan of this moment, inside `reading()`. Raises NoModel or TooMany where no model can be called now."""
    asked, router = asking(_route(params)), router_now()
    approved = approved_of(action, params)
    began = perf_counter_ns()
    if approved is not None:
        names = [tuple(name.split("/", 1)) for name in approved.envelope["models"]]
        known = {(each.provider, each.facts.id): each.facts for each in router.field.candidates}
        within = _with_allowed(asked, frozenset(names))  # type: ignore[arg-type]
        decision = router.decide(within)
        if decision.best is not None and all(name in known for name in names):
            allowed = tuple(known[name] for name in names)  # type: ignore[index]
            hops = _hops(decision)
            return Plan(params, within, decision, allowed, hops, router.field.version, _since(began), approved.pk)
    decision = router.decide(asked)
    if decision.best is None:
        raise none_fits(router, asked, decision)
    hops = _hops(decision)
    return Plan(params, asked, decision, hops, hops, router.field.version, _since(began))


def approved_of(action: Action, params: CompleteParams) -> Checkpoint | None:
    """The unused approval that a person gave to this very request of the bound actor."""
    digest = request_digest(current(), action, params)
    mine = Checkpoint.objects.filter(
        request_digest=digest, status=Checkpoint.Status.APPROVED, expires_at__gt=timezone.now()
    )
    found: Checkpoint | None = mine.order_by("-id").first()
    return found


def _route(params: CompleteParams) -> RouteParams:
    named = bool(params.model)
    return RouteParams(
        task=params.task,
        strategy=Strategy.SPECIFIC if named else params.strategy,
        model=params.model,
        provider=params.provider if named else "",
        needs=Needs(
            tools=bool(params.tools),
            json=_by_schema(params.options),
            context_tokens=-(-params.prompt.bytes // BYTES_PER_EXPECTED_TOKEN),  # type: ignore[union-attr]
            max_output_tokens=params.max_tokens,
        ),
        max_cost_pico_usd=params.max_cost_pico_usd,
    )


def _by_schema(options: dict[str, Any]) -> bool:
    wanted = options.get("response_format")
    return isinstance(wanted, dict) and wanted.get("type") == "json_schema"


def _with_allowed(asked: Ask, names: frozenset[tuple[str, str]]) -> Ask:
    return replace(asked, allowed=names)


def _hops(decision: Decision) -> tuple[ModelFacts, ...]:
    assert decision.best is not None
    return (decision.best.candidate.facts, *(each.facts for each in decision.chain))[:MOST_HOPS]


def _system(said: str, model: ModelFacts, options: dict[str, Any]) -> str:
    """The instructions. Where the wire has no word for an answer in JSON, they ask for it."""
    wanted = options.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in {"json_object", "json_schema"} or provider_of(model.provider).wire != "anthropic":
        return said
    asked = "Answer with one JSON object and nothing else."
    if kind == "json_schema":
        schema = (wanted or {}).get("json_schema") or {}
        schema = schema.get("schema", {}) if isinstance(schema, dict) else {}
        asked = f"{asked} It follows this schema: {json.dumps(schema, ensure_ascii=False)}"
    return f"{said}\n\n{asked}" if said else asked


def _said(turn: dict[str, Any]) -> dict[str, Any]:
    """Empty texts say nothing, and some providers refuse them."""
    if isinstance(turn["content"], str):
        return turn
    return {**turn, "content": [block for block in turn["content"] if block["type"] != "text" or block["text"]]}


def _since(began: int) -> int:
    return (perf_counter_ns() - began) // 1000


def none_fits(router: Router, asked: Ask, decision: Decision) -> NoModel | TooMany | ModelUnavailable | Halted:
    """Why nothing can be called, in one sentence; what passes by itself is no 404."""
    if asked.strategy != Strategy.SPECIFIC:
        reasons = {why for _each, why in decision.excluded} - {Excluded.HISTORIC}
        if Excluded.FULL in reasons:
            return TooMany(REASONS[Excluded.FULL], retry_after=5)
        if Excluded.UNWELL in reasons:
            return ModelUnavailable(REASONS[Excluded.UNWELL])
        listed = " ".join(str(REASONS[why]) for why in Excluded if why in reasons)
        return NoModel(_("No model fits this request: %(reasons)s") % {"reasons": listed})
    named = [why for _each, why in decision.excluded if why != Excluded.NOT_NAMED]
    if not named:
        return NoModel(_("There is no model “%(model)s”.") % {"model": asked.model})
    if named[0] == Excluded.FULL:
        return TooMany(REASONS[Excluded.FULL], retry_after=5)
    if named[0] == Excluded.UNWELL:
        return ModelUnavailable(REASONS[Excluded.UNWELL])
    if named[0] == Excluded.STOPPED:
        return Halted(REASONS[Excluded.STOPPED])
    return NoModel(
        _("The model “%(model)s” cannot be called: %(reason)s") % {"model": asked.model, "reason": REASONS[named[0]]}
    )
