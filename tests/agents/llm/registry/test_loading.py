"""Shipped data into rows: once, dated, and never over what staff have set."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from agents.llm.catalogue import shipped
from agents.llm.registry.loading import Plan, apply, plan
from agents.llm.registry.models import Model, PriceVersion, Provider, Source
from agents.llm.registry.pricing import in_force, version_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def data() -> dict[str, Any]:
    return copy.deepcopy(shipped()[0])


@pytest.fixture
def undone(db: None) -> Iterator[None]:
    """What the test writes is taken back: the rows are the whole installation's."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def row_of(data: dict[str, Any], provider: str, model: str) -> dict[str, Any]:
    each = next(row for row in data["providers"] if row["id"] == provider)
    return next(row for row in each["models"] if row["id"] == model)


def prices_of(provider: str, model: str) -> list[PriceVersion]:
    return list(PriceVersion.objects.filter(model__provider=provider, model__model_id=model).in_order())


def load(data: dict[str, Any]) -> Plan:
    found = plan(data)
    apply(found)
    return found


def test_every_database_has_what_ships(data: dict[str, Any]) -> None:
    for each in data["providers"]:
        row = Provider.objects.get(pk=each["id"])
        assert (row.wire, row.base_url, row.hosts) == (each["wire"], each["base_url"], each["hosts"])
        found = set(Model.objects.filter(provider=row).values_list("model_id", flat=True))
        assert found >= {model["id"] for model in each["models"]}


def test_a_second_run_changes_nothing() -> None:
    before = list(PriceVersion.objects.in_order().values_list("pk", flat=True))
    out = StringIO()
    call_command("load_providers", stdout=out)
    assert out.getvalue() == "Nothing to change.\n"
    assert list(PriceVersion.objects.in_order().values_list("pk", flat=True)) == before


def test_a_comparison_asks_three_questions_whatever_there_is(data: dict[str, Any]) -> None:
    for part in (data, {**data, "providers": data["providers"][:1]}):
        with CaptureQueriesContext(connection) as seen:
            plan(part)
        assert len(seen) == 3


def test_an_announced_price_is_a_dated_version(data: dict[str, Any]) -> None:
    first, second = prices_of("google", "gemini-4-argon")
    assert (first.input, second.input) == (2_000_000, 4_000_000)
    assert second.valid_from == datetime(2026, 12, 1, tzinfo=UTC) == first.valid_to
    assert in_force([first, second], datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == first
    assert in_force([first, second], datetime(2026, 12, 1, tzinfo=UTC)) == second
    assert in_force([first], datetime(2026, 12, 1, tzinfo=UTC)) is None


@pytest.mark.usefixtures("undone")
def test_a_new_shipped_price_follows_the_old_one(data: dict[str, Any]) -> None:
    row_of(data, "anthropic", "claude-sonnet-5-5")["prices"]["input"] = 3_000_000
    found = load(data)
    assert [line for line in found.said if "a new price" in line] == found.said
    assert [price.input for price in prices_of("anthropic", "claude-sonnet-5-5")] == [2_000_000, 3_000_000]
    assert not plan(data)


@pytest.mark.usefixtures("undone")
def test_what_staff_have_set_stays(data: dict[str, Any]) -> None:
    Provider.objects.filter(pk="openai").update(rpm=7)
    model = Model.objects.get(provider="anthropic", model_id="claude-sonnet-5-5")
    price = {**dict.fromkeys(("cache_read", "cache_write_5m", "cache_write_1h")), "input": 5, "output": 6}
    price |= {"tiers": [], "fee": 0, "free_declared": False, "valid_to": None}
    begins = datetime(2026, 11, 20, 1, tzinfo=UTC)
    version_of(model, price, begins, Source.STAFF).save()
    each = next(row for row in data["providers"] if row["id"] == "openai")
    each["rpm"], each["max_concurrency"] = 300, 44
    row_of(data, "anthropic", "claude-sonnet-5-5")["prices"]["input"] = 3_000_000
    found = load(data)
    openai = Provider.objects.get(pk="openai")
    assert (openai.rpm, openai.max_concurrency) == (7, 44)
    assert "openai: rpm stays as staff have set it" in found.said
    assert prices_of("anthropic", "claude-sonnet-5-5")[-1].source == Source.STAFF
    assert not plan(data)


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize("price", [None, -1, 0])
@pytest.mark.parametrize("name", ["input", "output"])
def test_what_is_no_price_leaves_the_model_without_one(data: dict[str, Any], name: str, price: int | None) -> None:
    row = copy.deepcopy(row_of(data, "anthropic", "claude-sonnet-5-5"))
    row["id"], row["prices"][name] = "claude-unpriced", price
    data["providers"][0]["models"].append(row)
    load(data)
    assert Model.objects.filter(provider="anthropic", model_id="claude-unpriced").exists()
    assert prices_of("anthropic", "claude-unpriced") == []


@pytest.mark.usefixtures("undone")
def test_a_forbidden_name_does_not_come_in(data: dict[str, Any]) -> None:
    each = next(row for row in data["providers"] if row["id"] == "openrouter")
    each["models"].append({**copy.deepcopy(each["models"][0]), "id": "openrouter/auto"})
    assert "openrouter/openrouter/auto: refused, its name is forbidden there" in load(data).said
    assert not Model.objects.filter(provider="openrouter", model_id="openrouter/auto").exists()


@pytest.mark.parametrize("sql", ["UPDATE agents_priceversion SET input = 1", "DELETE FROM agents_priceversion"])
def test_the_database_itself_keeps_prices(sql: str) -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(sql)


def test_neither_do_the_models_change_them() -> None:
    row = prices_of("anthropic", "claude-sonnet-5-5")[0]
    for change in (row.save, row.delete, PriceVersion.objects.all().delete):
        with pytest.raises(RuntimeError):
            change()
    with pytest.raises(RuntimeError):
        PriceVersion.objects.update(input=1)
