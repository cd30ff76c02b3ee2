"""Routing through the API and its page: what is kept, what an identity prefers, who may say so."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import RoutingDecision, RoutingPreference
from governance.models import AuditEntry, Membership
from governance.perform import perform
from tests.cast import Api, Person


def decided(person: Person, status: int = 201, path: str = "llm/routing/decide/", **body: Any) -> dict[str, Any]:
    answer = person.api.post(path, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def prefer(person: Person, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = person.api.request("PATCH", "llm/routing/preferences/", body)
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.parametrize("path", ["llm/routing/decide/", "llm/route/"])
def test_a_decision_is_kept_with_everything_it_weighed(alice: Person, path: str) -> None:
    told = decided(alice, path=path, task="analysis", needs={"tools": True, "context_tokens": 5_000})
    assert told["provider"]
    assert told["model"]
    assert told["price_version"]
    assert set(told["parts"]) == {"quality", "speed", "cost", "preference"}
    assert told["ranked"][0] == {
        "provider": told["provider"], "model": told["model"], "score": told["score"], "excluded": None,
    }  # fmt: skip
    assert {row["excluded"] for row in told["ranked"] if row["score"] is None} >= {"historic", "cannot"}
    assert alice.api.get(f"llm/routing/decisions/{told['id']}/").json() == told
    assert alice.api.get("llm/routing/decisions/").json()["results"][0] == told
    with alice.looking():
        assert AuditEntry.objects.filter(action="agents.route.decide", resource_id=told["id"]).exists()


def test_nova_is_locked_to_claude(alice: Person) -> None:
    told = decided(alice, role="nova", prefer=["openai"])
    assert told["provider"] == "anthropic"
    assert told["model"].startswith("claude-")
    assert told["chain"] == []


def test_where_nothing_fits_every_reason_is_told(alice: Person) -> None:
    told = decided(alice, max_cost_pico_usd=0, residency=["CN"], needs={"context_tokens": 9_000_000})
    assert told["provider"] is None
    assert told["model"] is None
    assert told["parts"] is None
    assert all(row["excluded"] for row in told["ranked"])


def test_a_model_may_be_named(alice: Person) -> None:
    told = decided(alice, strategy="specific", model="claude-sonnet-5-5")
    assert told["model"] == "claude-sonnet-5-5"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"task": "cooking"}, "task"),
        ({"strategy": "specific"}, "model"),
        ({"model": "claude-sonnet-5-5"}, "model"),
        ({"needs": {"context_tokens": -1}}, "needs.context_tokens"),
        ({"needs": {"json": "perhaps"}}, "needs.json"),
        ({"max_cost_pico_usd": -1}, "max_cost_pico_usd"),
        ({"prefer": ["nobody"]}, "prefer"),
        ({"exclude": ["nobody"]}, "exclude"),
        ({"provider": "nobody", "strategy": "specific", "model": "m"}, "provider"),
        ({"residency": ["MARS"]}, "residency.0"),
        ({"budget": 3}, "budget"),
    ],
)
def test_what_is_wrong_is_named(alice: Person, body: dict[str, Any], field: str) -> None:
    assert field in decided(alice, 400, **body)["errors"]


def test_what_an_identity_prefers_holds_for_its_decisions(alice: Person) -> None:
    prefer(alice, residency=["EU"], strategy="quality_optimized", exclude=["mistral"])
    told = decided(alice)
    assert told["strategy"] == "quality_optimized"
    reasons = {row["excluded"] for row in told["ranked"] if row["provider"] == "mistral"}
    assert reasons <= {"unwanted", "historic"}
    fits = {row["provider"] for row in told["ranked"] if row["score"] is not None}
    assert fits <= {"scaleway", "ollama"}
    assert decided(alice, 400, residency=["US"])["errors"].keys() == {"residency"}


def test_a_provider_that_a_switch_stops_is_passed_over_until_it_is_lifted(alice: Person) -> None:
    prefer(alice, prefer=["mistral"], exclude=[])
    with alice.acting():
        row = perform("governance.kill.pull", {"scope": "provider", "id": "mistral", "reason": ""})
    told = decided(alice)
    assert {each["excluded"] for each in told["ranked"] if each["provider"] == "mistral"} <= {"stopped", "historic"}
    assert "mistral" not in {told["provider"], *(hop["provider"] for hop in told["chain"])}
    with alice.acting():
        perform("governance.kill.lift", {"kill": row.pk})
    assert any(each["score"] for each in decided(alice)["ranked"] if each["provider"] == "mistral")


def test_a_preference_that_stands_twice_is_kept_once(alice: Person) -> None:
    assert prefer(alice, prefer=["openai", "mistral", "openai"])["prefer"] == ["openai", "mistral"]


def test_a_ceiling_is_never_raised_by_a_request(alice: Person) -> None:
    prefer(alice, max_cost_pico_usd=1)
    told = decided(alice, max_cost_pico_usd=10**12)
    assert told["estimate_pico_usd"] in (None, 0, 1)
    assert prefer(alice, max_cost_pico_usd=None)["max_cost_pico_usd"] is None


def test_only_what_is_given_changes(alice: Person) -> None:
    prefer(alice, strategy="cost_optimized", prefer=["mistral"])
    assert prefer(alice, exclude=["qwen"]) == {
        "strategy": "cost_optimized", "residency": [], "prefer": ["mistral"], "exclude": ["qwen"],
        "max_cost_pico_usd": None,
    }  # fmt: skip
    assert prefer(alice, 400, strategy="specific")["errors"].keys() == {"strategy"}
    with alice.looking():
        assert RoutingPreference.objects.count() == 1


def test_members_ask_and_only_managers_say_what_is_preferred(alice: Person, bob: Person, workshop: Any) -> None:
    member = Api(bob.user, workshop)
    assert member.post("llm/route/", {}).status_code == 201
    assert member.request("PATCH", "llm/routing/preferences/", {"prefer": []}).status_code == 403
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    assert member.post("llm/route/", {}).status_code == 403
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="member")


def test_the_page_explains_without_keeping_anything(alice: Person) -> None:
    with alice.looking():
        before = RoutingDecision.objects.count()
    page = alice.browser.get("/settings/routing/", {"task": "math", "context_tokens": 10, "max_output_tokens": 10})
    assert page.status_code == 200
    assert page.context["best"]
    assert page.context["groups"]
    with alice.looking():
        assert RoutingDecision.objects.count() == before


@pytest.mark.parametrize("query", [{"task": "cooking"}, {"task": "chat", "context_tokens": "many"}])
def test_a_wrong_question_on_the_page_is_told(alice: Person, query: dict[str, str]) -> None:
    page = alice.browser.get("/settings/routing/", query)
    assert page.status_code == 400
    assert page.context["form"].errors


def test_the_page_keeps_what_is_preferred(alice: Person) -> None:
    form = {"prefer-strategy": "speed_optimized", "prefer-residency": ["EU"], "prefer-cents": "3"}
    assert alice.post("/settings/routing/", form).status_code == 302
    assert prefer(alice) == {
        "strategy": "speed_optimized", "residency": ["EU"], "prefer": [], "exclude": [],
        "max_cost_pico_usd": 3 * 10**10,
    }  # fmt: skip
    page = alice.browser.get("/settings/routing/")
    assert page.context["preferences"].initial["cents"] == 3
