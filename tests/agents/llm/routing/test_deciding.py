"""The decision: what may not be called is out, with the first reason; the others are weighed. Without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agents.llm.catalogue import shipped
from agents.llm.facts import ModelFacts, ProviderFacts, Rates, Tier
from agents.llm.routing.asking import Ask, Capability, Role, Strategy, Task, strategy_for
from agents.llm.routing.deciding import Decision, Excluded, Router, decide
from agents.llm.routing.field import Field, State, prepared
from tests.agents.llm.shipped import shipped_field

PREFERENCES = {
    "task_preferences": {"analysis": ["beta", "alpha"]},
    "role_preferences": {
        "nova": {"provider": "alpha", "wire": "anthropic", "model_prefix": "claude-"},
        "analyst": {"provider": "gamma"},
    },
    "fallback_chains": {"alpha": ["gamma", "beta", "delta"], "beta": []},
}
ALL = State(frozenset({"alpha", "beta", "gamma"}))


def provider(name: str, wire: str = "openai", where: str = "US", **more: Any) -> ProviderFacts:
    known = ("https://x", ("x",), (), where, 1, 100, None, 10, {}, {}, "m")
    return replace(ProviderFacts(name, name, wire, *known), **more)  # type: ignore[arg-type]


def model(owner: str, name: str, **more: Any) -> ModelFacts:
    able = {"vision": True, "tools": True, "json_schema": True}
    made = ModelFacts(owner, name, Rates(1_000_000, 5_000_000), "v1", 100_000, 8_000, quality=80, supports=able)
    return replace(made, **({"tokens_per_second": 100} | more))


PROVIDERS = {
    "alpha": provider("alpha", "anthropic"),
    "beta": provider("beta", where="EU"),
    "gamma": provider("gamma"),
}
MODELS = (
    model("alpha", "claude-one"),
    model("alpha", "claude-old", historic=True, aliases=("claude-ancient",)),
    model("beta", "cheap", rates=Rates(1, 1), quality=40),
    model("gamma", "good", quality=99, rates=Rates(9_000_000, 9_000_000)),
    model("gamma", "claude-copy", quality=10, tokens_per_second=900),
)


def field_of(*models: ModelFacts) -> Field:
    return prepared(PROVIDERS, models or MODELS, PREFERENCES, "test")


def reason(name: str, ask: Ask, state: State = ALL, field: Field | None = None) -> str:
    """Why the model is out, or ''."""
    found = decide(field or field_of(), ask, state).excluded
    return next((str(why) for each, why in found if each.facts.id == name), "")


def chosen(ask: Ask, state: State = ALL, field: Field | None = None) -> str:
    best = decide(field or field_of(), ask, state).best
    return best.candidate.facts.id if best else ""


def test_each_strategy_has_its_winner() -> None:
    found = {each: chosen(Ask(strategy=each)) for each in (Strategy.QUALITY, Strategy.SPEED, Strategy.COST)}
    assert found == {Strategy.QUALITY: "good", Strategy.SPEED: "claude-copy", Strategy.COST: "cheap"}


@pytest.mark.parametrize(
    ("ask", "out"),
    [
        (Ask(exclude=frozenset({"gamma"})), Excluded.UNWANTED),
        (Ask(allowed=frozenset({("alpha", "claude-one")})), Excluded.NOT_APPROVED),
        (Ask(role=Role.NOVA), Excluded.LOCKED),
        (Ask(residency=frozenset({"EU"})), Excluded.RESIDENCY),
        (Ask(output_tokens=8_001), Excluded.OUTPUT),
        (Ask(input_tokens=100_001), Excluded.CONTEXT),
        (Ask(max_cost=1_000_000), Excluded.TOO_DEAR),
        (Ask(strategy=Strategy.SPECIFIC, model="claude-one"), Excluded.NOT_NAMED),
    ],
)
def test_each_filter_says_why(ask: Ask, out: str) -> None:
    assert reason("good", ask) == out
    assert not reason("good", Ask())


@pytest.mark.parametrize(
    ("state", "out"),
    [
        (State(frozenset({"alpha"})), Excluded.NO_KEY),
        (replace(ALL, unwell=frozenset({"gamma"})), Excluded.UNWELL),
        (replace(ALL, full=frozenset({"gamma"})), Excluded.FULL),
        (replace(ALL, stopped=frozenset({"gamma"})), Excluded.STOPPED),
    ],
)
def test_what_cannot_be_called_now_is_out(state: State, out: str) -> None:
    assert reason("good", Ask(), state) == out


@pytest.mark.parametrize("need", list(Capability))
def test_what_a_model_cannot_do_excludes_it(need: str) -> None:
    field = field_of(model("gamma", "poor", supports={each: each != need for each in Capability.values}))
    assert reason("poor", Ask(needs=frozenset({need})), field=field) == Excluded.CANNOT
    assert not reason("poor", Ask(needs=frozenset(set(Capability.values) - {need})), field=field)


def test_a_context_that_holds_the_answer_too_is_smaller() -> None:
    shared = field_of(model("gamma", "m", quirks={"output_shares_context": True}))
    ask = Ask(input_tokens=99_500, output_tokens=1_000)
    assert reason("m", ask, field=shared) == Excluded.CONTEXT
    assert not reason("m", ask, field=field_of(model("gamma", "m")))


def test_what_is_served_may_be_less_than_what_the_model_could_take() -> None:
    local = field_of(model("gamma", "m", quirks={"served_context_default": 4_096}))
    assert reason("m", Ask(input_tokens=5_000), field=local) == Excluded.CONTEXT


def test_words_may_not_travel_on_to_a_place_that_is_not_allowed() -> None:
    field = field_of(model("beta", "m", quirks={"upstream_jurisdiction": "US"}))
    assert reason("m", Ask(residency=frozenset({"EU"})), field=field) == Excluded.RESIDENCY
    assert not reason("m", Ask(residency=frozenset({"EU", "US"})), field=field)


def test_this_machine_is_always_allowed() -> None:
    home = {"gamma": provider("gamma", where="local")}
    field = prepared(home, [model("gamma", "m")], PREFERENCES, "test")
    assert not reason("m", Ask(residency=frozenset({"EU"})), field=field)


def test_an_old_model_is_reached_by_its_name_or_its_alias_alone() -> None:
    assert reason("claude-old", Ask()) == Excluded.HISTORIC
    for name in ("claude-old", "claude-ancient"):
        assert chosen(Ask(strategy=Strategy.SPECIFIC, model=name)) == "claude-old"
    wrong = Ask(strategy=Strategy.SPECIFIC, model="claude-old", provider="beta")
    assert chosen(wrong) == ""


def test_nova_is_claude_where_claude_is_made() -> None:
    decision = decide(field_of(), Ask(role=Role.NOVA, strategy=Strategy.QUALITY), ALL)
    assert {each.candidate.facts.id for each in decision.ranked} == {"claude-one"}
    assert decision.chain == ()
    assert reason("claude-copy", Ask(role=Role.NOVA)) == Excluded.LOCKED


def test_nova_never_leaves_claude_whatever_is_preferred_or_down() -> None:
    down = replace(ALL, unwell=frozenset({"alpha"}))
    ask = Ask(role=Role.NOVA, prefer=("gamma",))
    assert decide(field_of(), ask, down).best is None


def test_preferences_weigh_but_open_nothing() -> None:
    plain, wished = Ask(task=Task.ANALYSIS), Ask(task=Task.ANALYSIS, prefer=("beta",))
    before, after = (_score(decide(field_of(), ask, ALL), "cheap") for ask in (plain, wished))
    assert after == before + 80
    assert chosen(replace(wished, exclude=frozenset({"beta"}))) != "cheap"


def test_a_role_and_a_task_prefer_their_providers() -> None:
    for ask, more in ((Ask(role=Role.ANALYST), 60), (Ask(), 0)):
        assert _preference(decide(field_of(), ask, ALL), "good") == more
    assert _preference(decide(field_of(), Ask(task=Task.ANALYSIS), ALL), "cheap") == 40
    assert _preference(decide(field_of(), Ask(task=Task.ANALYSIS), ALL), "claude-one") == 30


def test_the_measured_rate_counts_not_the_brochure() -> None:
    ask = Ask(strategy=Strategy.SPEED)
    measured = replace(ALL, rates={("alpha", "claude-one"): 2_000})
    assert chosen(ask) == "claude-copy"
    assert chosen(ask, measured) == "claude-one"


def test_the_chain_holds_the_best_that_fits_of_each_provider_in_its_order() -> None:
    decision = decide(field_of(), Ask(prefer=("alpha",)), ALL)
    assert decision.best
    assert decision.best.candidate.provider == "alpha"
    assert [each.provider for each in decision.chain] == ["gamma", "beta"]
    keyless = decide(field_of(), Ask(prefer=("alpha",)), State(frozenset({"alpha", "beta"})))
    assert [each.provider for each in keyless.chain] == ["beta"]


def test_who_names_a_model_gets_that_one_or_an_error() -> None:
    assert decide(field_of(), Ask(strategy=Strategy.SPECIFIC, model="claude-one"), ALL).chain == ()


def test_a_tier_and_a_fee_are_in_the_estimate() -> None:
    facts = model("gamma", "m", fee=7, tiers=(Tier(1_000, Rates(2_000_000, 9_000_000)),))
    best = decide(field_of(facts), Ask(input_tokens=1_001, output_tokens=10), ALL).best
    assert best
    assert best.estimate == facts.cost(1_001, 10) == 1_001 * 2_000_000 + 10 * 9_000_000 + 7


def test_urgent_requests_ask_for_the_best_unless_a_strategy_is_named() -> None:
    assert strategy_for("", "critical", Strategy.COST) == Strategy.QUALITY
    assert strategy_for(Strategy.SPEED, "high", Strategy.COST) == Strategy.SPEED
    assert strategy_for("", "normal", Strategy.COST) == Strategy.COST


SHIPPED = shipped_field()
ASKS = some.builds(
    Ask,
    task=some.sampled_from(Task.values),
    role=some.sampled_from(["", *Role.values]),
    strategy=some.sampled_from([each for each in Strategy if each != Strategy.SPECIFIC]),
    needs=some.frozensets(some.sampled_from(Capability.values)),
    input_tokens=some.integers(0, 2_000_000),
    output_tokens=some.integers(1, 200_000),
    max_cost=some.none() | some.integers(0, 10**13),
    residency=some.frozensets(some.sampled_from(["CA", "EU", "US", "CN"])),
)


@given(ASKS)
def test_every_model_is_ranked_or_excluded_once_and_the_same_each_time(ask: Ask) -> None:
    field, state = SHIPPED, State(frozenset(row["id"] for row in shipped()[0]["providers"]))
    decision = decide(field, ask, state)
    seen = [each.candidate for each in decision.ranked] + [each for each, _why in decision.excluded]
    assert sorted(each.place for each in seen) == list(range(len(field.candidates)))
    assert decision.best == next(iter(decision.ranked), None)
    again = Router(field, state)
    assert [again.decide(ask).ranked for _ in range(2)] == [decision.ranked] * 2
    assert [each.score for each in decision.ranked] == sorted((each.score for each in decision.ranked), reverse=True)
    for each in decision.ranked:
        assert not each.candidate.facts.historic
        assert ask.max_cost is None or each.estimate <= ask.max_cost
        assert ask.role != Role.NOVA or each.candidate.facts.id.startswith("claude-")
    assert {each.provider for each in decision.chain} <= {each.candidate.provider for each in decision.ranked}


def _score(decision: Decision, name: str) -> int:
    return next(each.score for each in decision.ranked if each.candidate.facts.id == name)


def _preference(decision: Decision, name: str) -> int:
    return next(each.preference for each in decision.ranked if each.candidate.facts.id == name)
