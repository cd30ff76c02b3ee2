"""Choosing a model, and what an identity prefers."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from agents.llm.routing import shapes
from agents.llm.routing.asking import Ask, Capability, Jurisdiction, Priority, Role, Strategy, Task, strategy_for
from agents.llm.routing.deciding import Decision
from agents.llm.routing.models import RoutingDecision, RoutingPreference
from agents.llm.routing.now import provider_names, router_now
from governance.errors import BadInput
from governance.isolation.context import IdentityContext
from governance.people.policies import may_manage, may_write, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

DECIDE, PREFER = "agents.route.decide", "agents.route.prefer"
MOST_TOKENS = 10_000_000
MOST_COST = 10**15  # a thousand dollars for one call
MOST_NAMES = 18
Name = Field(max_length=30)


class Needs(Params):
    """What the model must be able to do, and for how many tokens."""

    vision: bool = False
    tools: bool = False
    json_schema: bool = Field(default=False, alias="json")
    context_tokens: int = Field(default=1_000, ge=0, le=MOST_TOKENS)
    max_output_tokens: int = Field(default=1_024, ge=1, le=MOST_TOKENS)

    def capabilities(self) -> frozenset[str]:
        return frozenset(each.value for each in Capability if getattr(self, each.value))


class RouteParams(Params):
    """A question to the router. What is left out is as the identity prefers it; `model` goes with `specific`."""

    task: Task = Task.CHAT
    role: Role | None = None
    strategy: Strategy | None = None
    priority: Priority = Priority.NORMAL
    needs: Needs = Field(default_factory=Needs)
    max_cost_pico_usd: int | None = Field(default=None, ge=0, le=MOST_COST)
    residency: list[Jurisdiction] = Field(default_factory=list, max_length=5)
    prefer: list[str] = Field(default_factory=list, max_length=MOST_NAMES)
    exclude: list[str] = Field(default_factory=list, max_length=MOST_NAMES)
    provider: str = Field(default="", max_length=30)
    model: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _model_with_specific(self) -> RouteParams:
        if (self.strategy == Strategy.SPECIFIC) != bool(self.model):
            raise BadInput(errors={"model": [_("A model is named together with the strategy “specific”.")]})
        return self


class PreferParams(Params):
    """Only the given fields change."""

    strategy: Strategy | None = None
    residency: list[Jurisdiction] | None = Field(default=None, max_length=5)
    prefer: list[str] | None = Field(default=None, max_length=MOST_NAMES)
    exclude: list[str] | None = Field(default=None, max_length=MOST_NAMES)
    max_cost_pico_usd: int | None = Field(default=None, ge=0, le=MOST_COST)


def may_prefer(actor: IdentityContext, _params: Any = None) -> bool:
    """Owners and administrators, in person."""
    return may_manage(actor) and person_itself(actor)


@action(DECIDE, Effect.CREATE, params=RouteParams, policy=may_write, label=_("Choose a model"))
def decide_route(uow: UnitOfWork, params: RouteParams) -> RoutingDecision:
    """Keeps what the router answers, with everything it weighed. Calls nobody."""
    asked = asking(params)
    router = router_now()
    began = perf_counter_ns()
    decision = router.decide(asked)
    row = RoutingDecision(
        person_id=uow.actor.person_id,
        at=timezone.now(),
        task=asked.task,
        role=asked.role,
        strategy=asked.strategy,
        asked=params.model_dump(mode="json", by_alias=True),
        registry=router.field.version,
        **shapes.found(decision),
        decided_us=(perf_counter_ns() - began) // 1000,
    )
    uow.add(row)
    uow.announce("route.decided", row.pk)
    return row


@action(PREFER, Effect.CONFIGURE, params=PreferParams, policy=may_prefer, label=_("Say which models are preferred"))
def prefer(uow: UnitOfWork, params: PreferParams) -> RoutingPreference:
    """Takes over what was given. Raises BadInput for a provider nobody knows."""
    row = RoutingPreference.objects.select_for_update().first() or RoutingPreference()
    for name, value in params.model_dump(mode="json", exclude_unset=True).items():
        if value is not None or name == "max_cost_pico_usd":
            setattr(row, name, list(dict.fromkeys(value)) if isinstance(value, list) else value)
    check_names(prefer=row.prefer, exclude=row.exclude)
    if row.strategy == Strategy.SPECIFIC:
        raise BadInput(errors={"strategy": [_("Which model it is, each request says for itself.")]})
    row.changed_at, row.changed_by = timezone.now(), uow.actor.person_id
    row.save()
    uow.announce("route.preferred", row.pk)
    return row


def check_names(**lists: list[str]) -> None:
    """Raises BadInput for providers nobody knows, with the fields they stand in."""
    known = provider_names()
    unknown = {field: sorted(set(names) - known.keys()) for field, names in lists.items()}
    errors = {
        field: [_("Unknown: %(names)s.") % {"names": ", ".join(names)}] for field, names in unknown.items() if names
    }
    if errors:
        raise BadInput(errors=errors)


def preferences() -> RoutingPreference:
    """What the bound identity prefers; the defaults when it has said nothing."""
    return RoutingPreference.objects.first() or RoutingPreference()


def asking(params: RouteParams, usual: RoutingPreference | None = None) -> Ask:
    """The question as the router takes it: what was asked, within what the identity allows (`usual`, when known)."""
    named = [params.provider] if params.provider else []
    check_names(prefer=params.prefer, exclude=params.exclude, provider=named)
    usual = usual or preferences()
    wanted, allowed = set(params.residency), set(usual.residency)
    if wanted and allowed and not wanted & allowed:
        raise BadInput(errors={"residency": [_("The identity allows none of these.")]})
    ceilings = [most for most in (params.max_cost_pico_usd, usual.max_cost_pico_usd) if most is not None]
    return Ask(
        task=params.task,
        role=params.role or "",
        strategy=strategy_for(params.strategy or "", params.priority, usual.strategy),
        needs=params.needs.capabilities(),
        input_tokens=params.needs.context_tokens,
        output_tokens=params.needs.max_output_tokens,
        max_cost=min(ceilings, default=None),
        residency=frozenset(wanted & allowed if wanted and allowed else wanted | allowed),
        prefer=tuple(dict.fromkeys([*params.prefer, *usual.prefer])),
        exclude=frozenset([*params.exclude, *usual.exclude]),
        provider=params.provider,
        model=params.model,
    )


def answer(params: RouteParams, usual: RoutingPreference) -> Decision:
    """As `decide_route`, keeping nothing: for a page that is only looked at."""
    return router_now().decide(asking(params, usual))
