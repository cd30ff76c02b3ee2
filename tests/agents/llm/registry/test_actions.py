"""What staff change: on record, never a price in place, never an address that nobody may reach."""

from __future__ import annotations

from typing import Any

import pytest

from agents.llm.facts import UnknownPrice
from agents.llm.registry.models import Model, PriceVersion, Provider
from agents.llm.registry.snapshot import snapshot
from governance.errors import BadInput, Conflict, NotAllowed, NotThere
from governance.perform import perform
from tests.cast import Person, make_person
from tests.governance.staff.staff import acting, hire, system_entries

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def sam() -> Person:
    return hire(make_person("Sam"))


def act(sam: Person, name: str, /, **params: Any) -> Any:
    with acting(sam):
        return perform(name, params)


def test_a_provider_is_switched_off_and_on(sam: Person) -> None:
    before = len(system_entries("agents.provider.update"))
    act(sam, "agents.provider.update", provider="cerebras", enabled=False)
    try:
        assert "cerebras" not in snapshot().providers
    finally:
        act(sam, "agents.provider.update", provider="cerebras", enabled=True)
    assert "cerebras" in snapshot().providers
    assert len(system_entries("agents.provider.update")) == before + 2


@pytest.mark.parametrize(
    "address",
    ["http://api.cerebras.ai/v1", "https://evil.example.org/v1", "https://127.0.0.1/v1", "https://localhost:8443/v1",
     "https://api.cerebras.ai@evil.example.org/v1", "https://10.0.0.1/", "ftp://api.cerebras.ai/", "api.cerebras.ai"],
)  # fmt: skip
def test_an_address_outside_its_hosts_is_refused(sam: Person, address: str) -> None:
    with pytest.raises(BadInput) as refusal:
        act(sam, "agents.provider.update", provider="cerebras", base_url=address)
    assert refusal.value.errors.keys() == {"base_url"}
    assert Provider.objects.get(pk="cerebras").base_url == "https://api.cerebras.ai/v1"


def test_an_address_at_one_of_its_hosts_is_taken(sam: Person) -> None:
    act(sam, "agents.provider.update", provider="together", base_url="https://api.together.xyz/v1/")
    try:
        assert Provider.objects.get(pk="together").base_url == "https://api.together.xyz/v1"
    finally:
        act(sam, "agents.provider.update", provider="together", base_url="https://api.together.ai/v1")


def test_the_default_is_a_model_of_the_provider(sam: Person) -> None:
    with pytest.raises(BadInput):
        act(sam, "agents.provider.update", provider="cerebras", default_model="gpt-6-sol")


def test_a_price_is_a_new_version_and_the_old_one_stays(sam: Person) -> None:
    named = {"provider": "cerebras", "model": "gemma-4-31b"}
    first = snapshot().find("gemma-4-31b", "cerebras")
    second = act(sam, "agents.price.set", **named, input=1_000_000, output=2_000_000, seen=first.price_version)
    found = snapshot()
    assert found.find("gemma-4-31b", "cerebras").price_version == second.name
    assert found.at("cerebras", "gemma-4-31b", first.price_version).rates == first.rates
    with pytest.raises(Conflict):
        act(sam, "agents.price.set", **named, input=1, output=2, seen=first.price_version)
    with pytest.raises(UnknownPrice):
        found.at("cerebras", "gemma-4-31b", "2020-01-01-000000000000")
    act(sam, "agents.price.set", **named, input=first.rates.input, output=first.rates.output)
    assert PriceVersion.objects.filter(model__model_id="gemma-4-31b", model__provider="cerebras").count() == 3


@pytest.mark.parametrize("price", [{"input": 0, "output": 5}, {"input": 5, "output": 0}, {"input": -1, "output": 5}])
def test_zero_and_less_are_no_price(sam: Person, price: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        act(sam, "agents.price.set", provider="cerebras", model="gemma-4-31b", **price)


def test_a_provider_and_a_model_of_ones_own(sam: Person) -> None:
    made = {"id": "nebius", "name": "Nebius", "wire": "openai", "jurisdiction": "EU"}
    act(sam, "agents.provider.create", **made, base_url="https://api.studio.nebius.ai/v1")
    model = {"provider": "nebius", "id": "acme/free-1", "context_tokens": 1000, "max_output_tokens": 100}
    with pytest.raises(BadInput):
        act(sam, "agents.model.create", **model, input=0, output=0)
    act(sam, "agents.model.create", **model, input=0, output=0, free=True, supports=["tools"])
    found = snapshot().find("acme/free-1", "nebius")
    assert (found.supports["tools"], found.supports["vision"], found.cost(10, 10)) == (True, False, 0)
    assert snapshot().providers["nebius"].hosts == ("api.studio.nebius.ai",)
    act(sam, "agents.model.update", provider="nebius", model="acme/free-1", enabled=False)
    with pytest.raises(UnknownPrice):
        snapshot().find("acme/free-1")
    for again in ({**made, "base_url": "https://api.studio.nebius.ai/v1"},):
        with pytest.raises(BadInput):
            act(sam, "agents.provider.create", **again)
    act(sam, "agents.provider.update", provider="nebius", enabled=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [("base_url", "http://127.0.0.1:8000/v1"), ("base_url", "https://192.168.1.4/v1"), ("id", "No Way"),
     ("wire", "smtp")],
)  # fmt: skip
def test_what_is_no_provider_is_refused(sam: Person, field: str, value: str) -> None:
    made = {"id": "acme", "name": "Acme", "wire": "openai", "jurisdiction": "EU", "base_url": "https://api.acme.org"}
    with pytest.raises(BadInput) as refusal:
        act(sam, "agents.provider.create", **{**made, field: value})
    assert refusal.value.errors.keys() == {field}


def test_a_forbidden_name_is_refused(sam: Person) -> None:
    with pytest.raises(BadInput):
        act(
            sam, "agents.model.create", provider="openrouter", id="openrouter/auto", context_tokens=1,
            max_output_tokens=1, input=1, output=1,
        )  # fmt: skip
    assert not Model.objects.filter(model_id="openrouter/auto").exists()


def test_it_is_staffs_alone(alice: Person) -> None:
    for name, more in (("agents.provider.update", {"enabled": False}), ("agents.price.set", PRICE)):
        with alice.acting(), pytest.raises(NotAllowed):
            perform(name, {"provider": "cerebras", **more})


PRICE = {"model": "gemma-4-31b", "input": 1, "output": 1}


def test_what_is_not_there(sam: Person) -> None:
    with pytest.raises(NotThere):
        act(sam, "agents.provider.update", provider="nobody", enabled=False)
    with pytest.raises(NotThere):
        act(sam, "agents.model.update", provider="cerebras", model="nobody", enabled=False)
