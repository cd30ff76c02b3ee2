"""The picture that decisions read: whole, immutable, made of four questions, and new when the rows are."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.llm import nova
from agents.llm.catalogue import shipped
from agents.llm.facts import UnknownPrice
from agents.llm.registry import snapshot as pictures
from agents.llm.registry.addresses import surroundings
from agents.llm.registry.models import Model, Provider, RegistryState, Source
from agents.llm.registry.pricing import version_of
from agents.llm.registry.snapshot import Registry, build, snapshot
from agents.llm.registry.state import changed
from agents.models import Attempt, Run
from governance.isolation.context import bind
from governance.models import Checkpoint
from governance.staff.contexts import machine_context
from governance.uow import unit_of_work
from tests.agents.pipeline.runs import SECRET, decided, started, worked
from tests.cast import Person
from tests.ground import ROOT

pytestmark = pytest.mark.usefixtures("db")
PRICE = {"cache_read": None, "cache_write_5m": None, "cache_write_1h": None, "tiers": [], "fee": 0}
PRICE |= {"free_declared": False, "valid_to": None}


def change(model: Any, **values: Any) -> None:
    """Changes rows of the registry in one commit, as an act of staff does."""
    with bind(machine_context()), unit_of_work() as uow:
        model.update(**values)
        changed(uow)


def a_price(provider: str, model_id: str, **more: Any) -> None:
    model = Model.objects.get(provider=provider, model_id=model_id)
    begins = more.pop("begins", timezone.now())
    with bind(machine_context()), unit_of_work() as uow:
        version_of(model, {**PRICE, **more}, begins, Source.STAFF).save()
        changed(uow)


def test_it_holds_every_provider_and_what_can_be_called() -> None:
    found = snapshot()
    assert set(found.providers) >= {each["id"] for each in shipped()[0]["providers"]}
    ids = {(each.provider, each.id) for each in found.models}
    assert ("anthropic", "claude-sonnet-5-5") in ids
    assert ("anthropic", "claude-3-opus-20240229") not in ids, "it is retired"
    assert ("mistral", "mistral-large") not in ids, "it has no price"
    assert all(each.provider in found.providers for each in found.models)


def test_it_is_made_of_four_questions() -> None:
    snapshot()
    with CaptureQueriesContext(connection) as seen:
        build(1, surroundings())
    assert len(seen) == 4
    Model.objects.filter(provider="groq").update(enabled=False)
    try:
        with CaptureQueriesContext(connection) as fewer:
            build(1, surroundings())
    finally:
        Model.objects.filter(provider="groq").update(enabled=True)
    assert len(fewer) == 4


def test_whoever_asks_again_asks_nothing_of_the_database() -> None:
    snapshot()
    with CaptureQueriesContext(connection) as seen:
        first = snapshot()
        assert first.find("claude-sonnet-5-5") is snapshot().find("claude-sonnet-5-5")
    assert len(seen) == 0


def test_after_a_second_it_asks_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    first = snapshot()
    monkeypatch.setattr(pictures, "LOOK_EVERY", 0.0)
    snapshot_after(first)
    with CaptureQueriesContext(connection) as seen:
        assert snapshot() is first
    assert [query["sql"].count("agents_registrystate") > 0 for query in seen] == [True]


def snapshot_after(first: Registry) -> None:
    """Lets the second pass without waiting for it."""
    held = pictures._held
    assert held is not None
    assert held.registry is first
    pictures._held = pictures.replace(held, look_at=0.0)


def test_names_and_aliases_lead_to_the_model() -> None:
    found = snapshot()
    assert found.find("claude-haiku-4-5-20251001").id == "claude-haiku-4-5"
    assert found.find("gpt-oss-120b", "cerebras").provider == "cerebras"
    assert found.find("openai/gpt-oss-120b", "groq").provider == "groq"
    for name, provider in (("nobody", None), ("claude-3-opus-20240229", None), ("claude-sonnet-5-5", "openai")):
        with pytest.raises(UnknownPrice):
            found.find(name, provider)


def test_it_cannot_be_changed() -> None:
    found = snapshot()
    with pytest.raises(FrozenInstanceError):
        found.version = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.providers["x"] = found.providers["openai"]  # type: ignore[index]
    with pytest.raises(TypeError):
        found.find("claude-sonnet-5-5").quirks["x"] = 1  # type: ignore[index]


def test_a_provider_that_is_switched_off_is_gone_with_its_models() -> None:
    before = snapshot().version
    change(Provider.objects.filter(pk="groq"), enabled=False)
    try:
        found = snapshot()
        assert found.version == before + 1
        assert "groq" not in found.providers
        assert not [each for each in found.models if each.provider == "groq"]
    finally:
        change(Provider.objects.filter(pk="groq"), enabled=True)
    assert "groq" in snapshot().providers


def test_a_change_that_was_rolled_back_is_not_kept() -> None:
    """The number was seen before its commit failed; the next commit has it again, but not the stamp."""
    with pytest.raises(ZeroDivisionError), bind(machine_context()), unit_of_work() as uow:
        Provider.objects.filter(pk="groq").update(enabled=False)
        changed(uow)
        assert "groq" not in snapshot().providers
        raise ZeroDivisionError
    snapshot_after(snapshot())
    assert "groq" in snapshot().providers


def test_another_process_sees_the_change() -> None:
    first = snapshot()
    assert first.providers["groq"].rpm == 100
    try:
        subprocess.run(
            [sys.executable, "-c", OTHER, str(connection.settings_dict["NAME"])], cwd=ROOT, check=True, timeout=60
        )
        assert snapshot().version == first.version or snapshot().providers["groq"].rpm == 61
        if pictures._held is not None and pictures._held.registry is first:
            snapshot_after(first)
        assert snapshot().providers["groq"].rpm == 61
    finally:
        change(Provider.objects.filter(pk="groq"), rpm=100)


OTHER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "chenu.settings"
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from agents.llm.registry.models import Provider
from agents.llm.registry.state import changed
from governance.isolation.context import bind
from governance.staff.contexts import machine_context
from governance.uow import unit_of_work
with bind(machine_context()), unit_of_work() as uow:
    Provider.objects.filter(pk="groq").update(rpm=61)
    changed(uow)
"""


def test_only_the_operator_opens_loopback(settings: Any) -> None:
    settings.DEMO_MODE = False
    assert "ollama" not in snapshot().providers
    settings.PROVIDER_BASE_URLS = {"ollama": "http://127.0.0.1:11434/v1"}
    assert snapshot().providers["ollama"].base_url == "http://127.0.0.1:11434/v1"


def test_an_address_that_is_none_of_the_hosts_is_not_called(settings: Any) -> None:
    settings.DEMO_MODE = False
    for address in ("https://evil.example.org/v1", "http://api.groq.com/openai/v1", "https://10.0.0.8/v1"):
        change(Provider.objects.filter(pk="groq"), base_url=address)
        assert "groq" not in snapshot().providers, address
    change(Provider.objects.filter(pk="groq"), base_url="https://api.groq.com/openai/v1")
    assert "groq" in snapshot().providers


def test_a_coming_price_counts_from_its_moment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now() + timedelta(days=400)
    a_price("xai", "grok-4.7", input=7, output=8, begins=moment)
    before = snapshot()
    assert before.find("grok-4.7").rates.input == 2_000_000
    assert before.until is not None
    assert before.until < moment
    monkeypatch.setattr(pictures.timezone, "now", lambda: moment + timedelta(seconds=1))
    assert snapshot().find("grok-4.7").rates.input == 7


@pytest.mark.usefixtures("simulator")
def test_a_run_is_settled_under_the_price_it_began_under(alice: Person) -> None:
    run = started(alice, SECRET)
    former = snapshot().find("claude-sonnet-5-5", "anthropic")
    assert run.price_version == former.price_version
    a_price("anthropic", "claude-sonnet-5-5", input=9_000_000, output=90_000_000)
    try:
        assert nova.present().rates.input == 9_000_000
        decided(alice, run)
        assert worked(alice, run).status == "completed", "what was approved names the former price, and still holds"
        with alice.looking():
            attempt = Attempt.objects.filter(run_id=run.pk).get()
            asked = Checkpoint.objects.get(pk=run.checkpoint_id)
        assert asked.envelope["price_version"] == attempt.price_version == former.price_version
        assert attempt.pico_usd == former.cost(attempt.input_tokens, attempt.output_tokens)
    finally:
        a_price("anthropic", "claude-sonnet-5-5", **BEFORE)


BEFORE = {"input": 2_000_000, "output": 10_000_000, "cache_read": 100_000}
BEFORE |= {"cache_write_5m": 2_500_000, "cache_write_1h": 4_000_000}


@pytest.mark.usefixtures("simulator")
def test_a_model_that_is_switched_off_begins_and_continues_nothing(alice: Person) -> None:
    from agents.llm.errors import ModelUnavailable

    run = started(alice)
    sonnet = Model.objects.filter(provider="anthropic", model_id="claude-sonnet-5-5")
    change(sonnet, enabled=False)
    try:
        with pytest.raises(ModelUnavailable):
            started(alice)
        ended = worked(alice, run)
        assert (ended.status, ended.error) == ("failed", "model_unavailable")
    finally:
        change(sonnet, enabled=True)
    with alice.looking():
        assert not Attempt.objects.filter(run_id=run.pk).exists()
        assert Run.objects.filter(pk=run.pk, credits=0).exists()


def test_there_is_one_state() -> None:
    assert RegistryState.objects.count() == 1
