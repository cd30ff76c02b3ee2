"""The admin's pages: what staff change by them is an act, and everything is asked for by a second factor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agents.llm.registry.models import InstallationKey, Model, PriceVersion, Provider
from agents.llm.registry.snapshot import snapshot
from tests.agents.llm.registry.conftest import GOOD
from tests.cast import make_person
from tests.governance.access.test_stepup import later
from tests.governance.staff.staff import at_work, hire, submit, system_entries

pytestmark = pytest.mark.usefixtures("db")
CEREBRAS = "/admin/providers/cerebras/"
FORM = {
    "enabled": "on", "base_url": "https://api.cerebras.ai/v1", "default_model": "gpt-oss-120b", "rpm": "100",
    "max_concurrency": "5",
}  # fmt: skip


@pytest.fixture
def desk() -> Client:
    return at_work(hire(make_person("Sam")))


def text(answer: Any) -> str:
    return answer.content.decode()


def test_a_provider_is_changed_and_only_what_was_changed_is_said(desk: Client) -> None:
    assert CEREBRAS in text(desk.get("/admin/providers/"))
    assert submit(desk, CEREBRAS, {**FORM, "rpm": "77"})["Location"] == CEREBRAS
    try:
        assert snapshot().providers["cerebras"].rpm == 77
        before = len(system_entries("agents.provider.update"))
        assert submit(desk, CEREBRAS, {**FORM, "rpm": "77"}).status_code == 302
        assert len(system_entries("agents.provider.update")) == before, "nothing was changed, so nothing was done"
    finally:
        submit(desk, CEREBRAS, FORM)
    assert Provider.objects.get(pk="cerebras").rpm == 100


def test_a_wrong_address_is_told_at_its_field_and_stays_typed(desk: Client) -> None:
    answer = submit(desk, CEREBRAS, {**FORM, "base_url": "https://169.254.169.254/latest"})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"base_url"}
    assert "https://169.254.169.254/latest" in text(answer)


def test_a_price_in_dollars_becomes_a_version(desk: Client) -> None:
    row = Model.objects.get(provider="cerebras", model_id="qwen-3.8-27b")
    page = f"/admin/models/{row.pk}/"
    shown = desk.get(page)
    assert "2026-11-20-" in text(shown)
    price = {"what": "price", "seen": shown.context["seen"], "input": "0.5", "output": "1.25"}
    assert submit(desk, page, price)["Location"] == page
    assert snapshot().find("qwen-3.8-27b", "cerebras").rates.input == 500_000
    again = submit(desk, page, price)
    assert again.status_code == 400, "somebody else has set another one meanwhile"
    zero = submit(desk, page, {**price, "seen": "", "input": "0"})
    assert zero.context["price_form"].errors.keys() == {"input"}
    submit(desk, page, {"what": "price", "input": "0.99", "output": "1.49"})
    assert PriceVersion.objects.filter(model=row).count() == 3


def test_a_model_is_switched_off_and_on(desk: Client) -> None:
    row = Model.objects.get(provider="cerebras", model_id="qwen-3.8-27b")
    known = {"what": "model", "quality": str(row.quality), "tokens_per_second": str(row.tokens_per_second)}
    submit(desk, f"/admin/models/{row.pk}/", known)
    try:
        assert "qwen-3.8-27b" not in {model.id for model in snapshot().models}
    finally:
        submit(desk, f"/admin/models/{row.pk}/", {**known, "enabled": "on"})
    assert "qwen-3.8-27b" in {model.id for model in snapshot().models}


def test_a_provider_with_its_model(desk: Client) -> None:
    made = {"id": "ovh", "name": "OVHcloud", "wire": "openai", "jurisdiction": "FR"}
    wrong = submit(desk, "/admin/providers/add/", {**made, "base_url": "http://127.0.0.1/"})
    assert wrong.context["form"].errors.keys() == {"base_url"}
    added = submit(
        desk, "/admin/providers/add/", {**made, "base_url": "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"}
    )
    assert added["Location"] == "/admin/providers/ovh/"
    assert desk.get("/admin/providers/ovh/models/add/").status_code == 200
    model = {"id": "llama-x", "kind": "chat", "context_tokens": "8000", "max_output_tokens": "1000"}
    submit(desk, "/admin/providers/ovh/models/add/", {**model, "input": "0.1", "output": "0.2", "supports": ["tools"]})
    found = snapshot().find("llama-x", "ovh")
    assert (found.rates.input, found.rates.output, found.supports["tools"]) == (100_000, 200_000, True)
    assert "llama-x" in text(desk.get("/admin/providers/ovh/"))
    Provider.objects.filter(pk="ovh").update(enabled=False)


def test_the_installations_key(desk: Client, groq: Any) -> None:
    page = "/admin/providers/groq/"
    assert submit(desk, f"{page}key/", {"key": "too short"}).context["key_form"].errors.keys() == {"key"}
    submit(desk, f"{page}key/", {"key": GOOD})
    shown = text(desk.get(page))
    assert f"…{GOOD[-4:]}" in shown
    assert GOOD not in shown
    submit(desk, f"{page}key/test/")
    assert InstallationKey.objects.get(provider="groq").tested == "ok"
    submit(desk, f"{page}key/remove/")
    assert not InstallationKey.objects.filter(provider="groq").exists()
    assert GOOD not in str([entry.body for entry in system_entries("agents.key.set")])


def test_each_change_asks_for_the_second_factor_again(desk: Client) -> None:
    later(desk, 601)
    row = Model.objects.get(provider="cerebras", model_id="qwen-3.8-27b")
    for url, body in (
        (CEREBRAS, FORM), (f"{CEREBRAS}key/", {"key": GOOD}), (f"{CEREBRAS}key/test/", {}),
        (f"{CEREBRAS}key/remove/", {}), (f"{CEREBRAS}models/add/", {}), ("/admin/providers/add/", {}),
        (f"/admin/models/{row.pk}/", {"what": "model"}),
    ):  # fmt: skip
        answer = submit(desk, url, body)
        assert answer.status_code == 302, url
        assert "reauthenticate" in answer["Location"], url
    assert desk.get("/admin/providers/nobody/").status_code == 404
