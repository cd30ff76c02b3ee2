"""The data that ships: every row is read whole, and a price that is missing is never taken for free."""

from __future__ import annotations

import copy

import pytest

from agents.llm.catalogue import model, model_facts, provider_facts, shipped
from agents.llm.facts import ModelFacts, Rates, Tier, UnknownPrice, merged_quirks, rates_of


def rows() -> list[tuple[dict, dict]]:
    return [(provider, row) for provider in shipped()[0]["providers"] for row in provider["models"]]


def test_eighteen_providers_are_read() -> None:
    found = [provider_facts(row) for row in shipped()[0]["providers"]]
    assert len({each.id for each in found}) == 18
    assert all(each.wire in {"anthropic", "openai"} and each.hosts for each in found)


def test_every_model_is_priced_or_refused() -> None:
    version = shipped()[1]
    for provider, row in rows():
        if row["retired"]:
            with pytest.raises(UnknownPrice):
                model_facts(provider, row, version)
        else:
            facts = model_facts(provider, row, version)
            assert facts.cost(1, 1) > 0 or row["free_declared"] or row["kind"] == "embedding"


@pytest.mark.parametrize("price", [None, -1, True, 1.5, "3", 0])
@pytest.mark.parametrize("name", ["input", "output"])
def test_what_is_no_price_refuses_the_model(name: str, price: object) -> None:
    provider, row = next(pair for pair in rows() if pair[1]["id"] == "claude-sonnet-5-5")
    broken = copy.deepcopy(row)
    broken["prices"][name] = price
    with pytest.raises(UnknownPrice):
        model_facts(provider, broken, "test")


def test_zero_is_a_price_only_where_it_is_declared() -> None:
    assert rates_of({"input": 0, "output": 0}, free_declared=True) == Rates(0, 0)


def test_an_alias_leads_to_the_row() -> None:
    provider, row = next(pair for pair in rows() if pair[1]["aliases"] and not pair[1]["retired"])
    assert model(row["aliases"][0]).id == row["id"], provider["id"]


def facts(**more: object) -> ModelFacts:
    tier = Tier(100, Rates(20, 50))
    return ModelFacts("p", "m", Rates(10, 30, cache_write_5m=12), "v", 1000, 500, tiers=(tier,), fee=7, **more)  # type: ignore[arg-type]


def test_a_long_input_takes_the_rates_of_its_tier_for_every_token() -> None:
    assert facts().cost(100, 10) == 100 * 10 + 10 * 30 + 7
    assert facts().cost(101, 10) == 101 * 20 + 10 * 50 + 7


def test_what_a_cache_read_or_wrote_has_its_own_price_and_makes_the_input_no_shorter() -> None:
    rates = Rates(10, 30, cache_read=1, cache_write_5m=12)
    one = ModelFacts("p", "m", rates, "v", 1000, 500, tiers=(Tier(100, Rates(20, 50, cache_read=2)),))
    assert one.cost(100, 10, cache_read=40, cache_write_5m=20) == 40 * 10 + 40 * 1 + 20 * 12 + 10 * 30
    assert one.cost(101, 0, cache_read=101) == 101 * 2  # the whole input decides on the tier
    assert one.cost(50, 0, cache_write_1h=50) == 50 * 10  # no price of its own: it costs what input costs
    assert one.cost(100, 10, cache_read=40) <= one.worst_cost(100, 10)


def test_listening_is_paid_by_the_second_rounded_up_or_refused() -> None:
    assert facts(per_minute=60).listening_cost(61) == 61 + 7
    assert facts(per_minute=1).listening_cost(1) == 1 + 7
    with pytest.raises(UnknownPrice):
        facts().listening_cost(1)


def test_the_worst_case_bounds_every_shorter_input() -> None:
    one = facts()
    assert one.worst_cost(100, 10) == 100 * 12 + 10 * 30 + 7
    assert all(one.worst_cost(150, 10) >= one.cost(used, 10) for used in range(151))


def test_a_cache_that_is_written_only_on_demand_costs_nothing_undemanded() -> None:
    one = facts(quirks={"cache_control": True})
    assert one.worst_cost(100, 0) == 100 * 10 + 7
    assert one.worst_cost(100, 0, caching=True) == 100 * 12 + 7


def test_quirks_of_a_model_add_to_those_of_its_provider() -> None:
    base = {"drop_params": ["n"], "default_body": {"provider": {"usage": True}}, "echo_fields": ["x"]}
    more = {"drop_params": ["top_p"], "default_body": {"provider": {"order": ["a"]}}}
    whole = merged_quirks(base, more)
    assert whole["drop_params"] == ["n", "top_p"]
    assert whole["default_body"] == {"provider": {"usage": True, "order": ["a"]}}
    assert whole["echo_fields"] == ["x"]
