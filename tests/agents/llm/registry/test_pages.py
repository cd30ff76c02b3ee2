"""The pages and the API of providers, models and keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.llm.registry.models import IdentityKey, Provider
from agents.llm.registry.snapshot import snapshot
from governance.models import Membership
from tests.agents.llm.registry.conftest import GOOD
from tests.agents.llm.registry.test_keys import give
from tests.cast import Api, Person, make_person, make_workshop
from tests.governance.access.doors import post, proven_browser
from tests.governance.access.test_stepup import later
from tests.governance.staff.staff import hire

pytestmark = pytest.mark.usefixtures("db")
LIST, PAGE = "/settings/providers/", "/settings/providers/groq/"


@pytest.fixture
def browser(alice: Person) -> Client:
    return proven_browser(alice)


def text(answer: Any) -> str:
    return answer.content.decode()


def proven(person: Person) -> Api:
    from governance.access.stepup import proof

    return Api(person.user, proofs=[proof("mfa")])


def test_a_key_from_nothing_to_tested_and_removed(browser: Client, alice: Person, groq: Any) -> None:
    assert PAGE in text(browser.get(LIST))
    assert browser.get(f"{PAGE}key/").status_code == 200
    given = post(browser, f"{PAGE}key/", {"key": GOOD})
    assert given["Location"] == PAGE
    shown = text(browser.get(PAGE))
    assert f"…{GOOD[-4:]}" in shown
    assert GOOD not in shown
    post(browser, f"{PAGE}key/test/")
    assert "accept" in text(browser.get(PAGE))
    assert GOOD not in text(browser.get(LIST))
    post(browser, f"{PAGE}key/remove/")
    with alice.looking():
        assert not IdentityKey.objects.exists()
    assert post(browser, f"{PAGE}key/remove/").status_code == 302


def test_a_wrong_key_is_told_and_not_drawn_again(browser: Client) -> None:
    answer = post(browser, f"{PAGE}key/", {"key": "two words of a key"})
    assert answer.status_code == 400
    assert "two words of a key" not in text(answer)
    assert answer.context["form"].errors.keys() == {"key"}


def test_a_key_asks_who_is_there(browser: Client) -> None:
    later(browser, 601)
    for answer in (browser.get(f"{PAGE}key/"), post(browser, f"{PAGE}key/remove/"), post(browser, f"{PAGE}key/test/")):
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]


def test_who_does_not_manage_sees_the_state_and_no_way_to_change_it(alice: Person) -> None:
    victor = make_person("Victor")
    house = make_workshop(alice)
    Membership.objects.create(user=victor.user, identity=house, role="member")
    answer = victor.browser
    session = answer.session
    session["identity"] = str(house.pk)
    session.save()
    shown = text(answer.get(PAGE))
    assert f"{PAGE}key/" not in shown
    assert answer.get(f"{PAGE}key/").status_code == 403


def test_the_list_says_how_each_provider_stands(alice: Person, groq: Any) -> None:
    give(alice, GOOD, "groq")
    answer = alice.browser.get(LIST)
    assert [line.row.pk for line in answer.context["ready"]] == ["groq"]
    assert len(answer.context["others"]) == Provider.objects.count() - 1
    assert GOOD[-4:] in text(answer)


def test_models_are_narrowed_and_put_in_order(alice: Person) -> None:
    def ids(query: str) -> list[str]:
        return [line["model"].id for line in alice.browser.get(f"/settings/models/?{query}").context["lines"]]

    assert set(ids("provider=cerebras")) == {"gpt-oss-120b", "qwen-3.8-27b", "gemma-4-31b"}
    assert ids("q=claude+haiku&provider=anthropic") == ["claude-haiku-5-5", "claude-haiku-4-5"]
    assert ids("can=embedding&provider=openai") == ["text-embedding-3-small", "text-embedding-3-large"]
    dearest = ids("provider=anthropic&by=-input_price")
    assert dearest[0] == "claude-fable-5-1"
    assert ids("provider=anthropic&by=input_price")[0] == "claude-haiku-5-5"
    assert ids("q=nothing-like-this") == []
    assert len(ids("by=nonsense")) == len(snapshot().models)
    shown = text(alice.browser.get("/settings/models/?q=claude-sonnet-5-5&provider=anthropic"))
    assert "2,00\xa0$\xa0US" in shown


def test_the_pages_ask_no_more_for_more_rows(alice: Person) -> None:
    def asked(url: str) -> int:
        alice.browser.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert alice.browser.get(url).status_code == 200
        return sum("agents_registrystate" not in query["sql"] for query in seen)

    before = asked(LIST)
    for provider in ("openai", "mistral", "xai"):
        give(alice, provider=provider)
    assert asked(LIST) == before


def test_the_registry_for_programs(alice: Person) -> None:
    found = alice.api.get("llm/providers/").json()["results"]
    assert len(found) >= 18
    assert found[0]["id"] == "anthropic"
    one = alice.api.get("llm/models/openai/gpt-oss-120b/?provider=groq").json()
    assert (one["provider"], one["rates"]["input"]) == ("groq", 150_000)
    assert alice.api.get("llm/models/claude-haiku-4-5-20251001/").json()["id"] == "claude-haiku-4-5"
    assert alice.api.get("llm/models/claude-3-opus-20240229/").status_code == 404
    assert alice.api.get("llm/models/?by=nonsense").status_code == 400
    cheap = alice.api.get("llm/models/?provider=anthropic&capability=vision&by=output_price").json()["results"]
    assert cheap[0]["id"] == "claude-haiku-5-5"
    assert len(alice.api.get("llm/tasks/").json()["results"]) == 19
    roles = {row["role"]: row for row in alice.api.get("llm/roles/").json()["results"]}
    assert roles["nova"] == {"role": "nova", "prefers": ["anthropic"], "locked": True}


def test_a_key_by_a_program_of_a_person(alice: Person, groq: Any) -> None:
    assert alice.api.request("PUT", "llm/providers/groq/key/", {"key": GOOD}).json()["code"] == "step_up_required"
    api = proven(alice)
    given = api.request("PUT", "llm/providers/groq/key/", {"key": GOOD})
    assert given.json()["key"] | {"created_at": None} == {
        "source": "identity", "own": True, "stale": False, "last4": GOOD[-4:], "created_at": None, "tested": "",
        "tested_at": None,
    }  # fmt: skip
    assert GOOD not in text(given)
    tried = api.post("llm/providers/groq/test/").json()
    assert tried == {"provider": "groq", "outcome": "ok", "simulated": False}
    assert api.delete("llm/providers/groq/key/").status_code == 204
    assert api.delete("llm/providers/groq/key/").status_code == 404
    assert api.post("llm/providers/groq/test/").json()["code"] == "no_key"
    assert api.post("llm/providers/nobody/test/").status_code == 404


def test_only_staff_change_a_provider(alice: Person) -> None:
    assert proven(alice).patch("llm/providers/cerebras/", {"rpm": 50}).status_code == 403
    sam = hire(make_person("Sam"))
    assert sam.api.patch("llm/providers/cerebras/", {"rpm": 50}).json()["code"] == "step_up_required"
    try:
        assert proven(sam).patch("llm/providers/cerebras/", {"rpm": 50}).json()["rpm"] == 50
        assert snapshot().providers["cerebras"].rpm == 50
        refused = proven(sam).patch("llm/providers/cerebras/", {"base_url": "http://10.0.0.1/"})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["base_url"])
    finally:
        proven(sam).patch("llm/providers/cerebras/", {"rpm": 100})
