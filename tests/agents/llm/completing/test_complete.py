"""`POST /api/v2/llm/complete/`: judged, held, called, settled and recorded; asked again where a person must agree."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from agents.models import Attempt, RoutingDecision
from governance.ledger import budget
from governance.ledger.models import Account
from governance.models import AuditEntry, Checkpoint, Execution, Membership
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.rules.writing import in_force

pytestmark = pytest.mark.usefixtures("simulator")


def ask(person: Person, text: str = "Bonjour", status: int = 200, identity: Any = None, **body: Any) -> dict[str, Any]:
    sent = {"messages": [{"role": "user", "content": text}], **body}
    answer = person.api.post("llm/complete/", sent)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_the_router_chooses_and_everything_is_told(alice: Person) -> None:
    told = ask(alice, "#sim text Voilà.")
    assert told["text"] == "Voilà."
    assert told["content"] == [{"type": "text", "text": "Voilà."}]
    assert told["decision"]["model"] == told["model"]
    with alice.looking():
        row = Attempt.objects.get(pk=told["attempt"])
        assert RoutingDecision.objects.filter(pk=told["decision"]["id"]).exists()
    assert (row.state, row.person_id, row.first_id) == ("done", alice.user.pk, row.pk)
    assert told["cost"]["cost_pico_usd"] == row.pico_usd > 0


LONG = "mot " * 22_000  # over 20 000 expected tokens: a person is asked
NOTE = {"name": "note", "description": "Keeps a note", "input_schema": {"type": "object", "properties": {}}}


def attempts(person: Person) -> list[Attempt]:
    with person.looking():
        return list(Attempt.objects.order_by("id"))


def spent(person: Person) -> tuple[int, int, int, int]:
    """What the identity's own account has spent and holds: credits, pico-USD, then both held."""
    with person.looking():
        row = Account.objects.get(kind=Account.Kind.IDENTITY)
        return row.tokens_spent, row.pico_usd_spent, row.tokens_held, row.pico_usd_held


def decide(person: Person, checkpoint: dict[str, Any], decision: str = "approve") -> None:
    body = {"decision": decision, "envelope_digest": checkpoint["envelope_digest"]}
    answer = person.api.post(f"governance/checkpoints/{checkpoint['id']}/decision/", body)
    assert answer.status_code == 200, answer.content


def entries(person: Person, **such: Any) -> list[AuditEntry]:
    with person.looking():
        return list(AuditEntry.objects.filter(action="agents.llm.complete", **such).order_by("seq"))


def test_a_named_model_answers_and_no_other(alice: Person) -> None:
    told = ask(alice, "#sim text Oui", model="claude-sonnet-5-5", provider="anthropic")
    assert (told["provider"], told["model"], told["decision"]) == ("anthropic", "claude-sonnet-5-5", None)


@pytest.mark.parametrize("named", [{"model": "nobody-9"}, {"model": "gpt-nobody", "provider": "openai"}])
def test_an_unknown_model_is_refused_and_costs_nothing(alice: Person, named: dict[str, str]) -> None:
    assert ask(alice, status=404, **named)["code"] == "model_not_found"
    assert attempts(alice) == []


def test_tools_are_called_and_their_results_are_answered(alice: Person) -> None:
    text = '#sim tool note {"title": "Semis"}\n#sim text Noté.'
    called = ask(alice, text, tools=[NOTE])
    assert called["stop_reason"] == "tool_use"
    call = next(block for block in called["content"] if block["type"] == "tool_use")
    assert (call["name"], call["input"]) == ("note", {"title": "Semis"})
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "fait"}
    turns = [
        {"role": "user", "content": text},
        {"role": "assistant", "content": called["content"]},
        {"role": "user", "content": [result]},
    ]
    assert ask(alice, messages=turns, tools=[NOTE])["text"] == "Noté."


def test_a_failure_is_tried_again_and_each_call_is_an_attempt(alice: Person) -> None:
    told = ask(alice, f"#sim error 500 once\n#sim text Enfin {alice.user.pk}", model="claude-sonnet-5-5")
    assert [each["state"] for each in told["attempts"]] == ["failed", "done"]
    rows = attempts(alice)
    assert {row.first_id for row in rows} == {rows[0].pk}
    assert rows[0].pico_usd == 0
    assert told["cost"]["cost_pico_usd"] == rows[1].pico_usd


def test_a_named_model_that_fails_is_not_replaced(alice: Person) -> None:
    told = ask(alice, "#sim error 500", model="claude-sonnet-5-5", status=502)
    assert told["failure"] == "provider_error"
    assert [(row.provider, row.state) for row in attempts(alice)] == [("anthropic", "failed")] * 3
    assert spent(alice) == (0, 0, 0, 0)


def test_a_chosen_model_that_fails_gives_way_to_its_chain(alice: Person) -> None:
    ask(alice, "#sim error 500", status=502)
    rows = attempts(alice)
    assert len({row.provider for row in rows}) > 1
    with alice.looking():
        chosen = RoutingDecision.objects.get()
    expected = [chosen.provider, *(hop["provider"] for hop in chosen.chain)][:4]
    assert [row.provider for row in rows] == [name for name in expected for _trial in range(3)]


def test_an_answer_that_broke_off_is_paid(alice: Person) -> None:
    assert ask(alice, "#sim long 400\n#sim cut", model="claude-sonnet-5-5", status=502)["failure"] == "cut"
    [row] = attempts(alice)
    assert (row.state, row.error) == ("failed", "cut")
    assert row.pico_usd > 0
    assert spent(alice) == (row.credits, row.pico_usd, 0, 0)


def test_the_balance_is_the_sum_of_the_attempts(alice: Person) -> None:
    ask(alice, "#sim text Un")
    ask(alice, "#sim error 529 once\n#sim text Deux", model="claude-sonnet-5-5")
    ask(alice, "#sim error 400", model="claude-sonnet-5-5", status=400)
    rows = attempts(alice)
    credits, pico_usd = sum(row.credits for row in rows), sum(row.pico_usd for row in rows)
    assert spent(alice) == (credits, pico_usd, 0, 0)


def test_without_a_budget_nothing_is_called(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        budget.set_cap(budget.identity_account(), "pico_usd", "day", 1, before=budget.IDENTITY_DAY_PICO)
    assert ask(alice, status=403)["code"] == "budget_exceeded"
    assert attempts(alice) == []
    with alice.looking():
        assert not RoutingDecision.objects.exists()


def test_the_log_has_digests_and_no_words(alice: Person) -> None:
    ask(alice, "#sim text Réponse secrète", system="Consigne secrète")
    begun, ended = entries(alice)
    assert [row.outcome for row in (begun, ended)] == ["unknown", "allowed"]
    told = [alice.api.get(f"governance/audit/{row.pk}/").json()["payload"] for row in (begun, ended)]
    assert told[0]["params"]["prompt"]["turns"] == 1
    assert len(told[0]["params"]["prompt"]["digest"]) == 64
    assert told[1]["attempts"]
    assert "secrète" not in str(told)


def test_a_person_is_asked_and_the_same_request_passes_once(alice: Person) -> None:
    stopped = ask(alice, LONG, status=423)
    assert attempts(alice) == []
    asked = stopped["checkpoint"]
    assert asked["preview"]["begins"].startswith("mot mot")
    assert asked["preview"]["hold"]["pico_usd"] > 0
    page = alice.browser.get(f"/approvals/{asked['id']}/").content.decode()
    assert f"{asked['preview']['hold']['credits'] // 1000}\N{NO-BREAK SPACE}" in page
    assert asked["preview"]["models"][1] in page
    assert ask(alice, LONG, status=423)["checkpoint"]["id"] == asked["id"]
    decide(alice, asked)
    assert attempts(alice) == []
    told = ask(alice, LONG)
    assert told["model"] in asked["preview"]["models"][0]
    with alice.looking():
        assert Checkpoint.objects.get(pk=asked["id"]).status == "executed"
        assert Execution.objects.get(checkpoint_id=asked["id"]).state == "done"
    assert ask(alice, LONG, status=423)["checkpoint"]["id"] != asked["id"]
    assert len(attempts(alice)) == 1


def test_an_approval_is_for_those_words_and_that_person_only(alice: Person, bob: Person, workshop: Any) -> None:
    asked = ask(alice, LONG, status=423)["checkpoint"]
    decide(alice, asked)
    assert ask(alice, LONG + "!", status=423)["checkpoint"]["id"] != asked["id"]
    assert ask(alice, LONG, max_tokens=2_000, status=423)["checkpoint"]["id"] != asked["id"]
    assert ask(bob, LONG, status=423)["checkpoint"]["id"] != asked["id"]


def test_a_refused_question_is_no_approval(alice: Person) -> None:
    asked = ask(alice, LONG, status=423)["checkpoint"]
    decide(alice, asked, "reject")
    assert ask(alice, LONG, status=423)["checkpoint"]["id"] != asked["id"]


def test_other_rules_make_an_approval_stale(alice: Person) -> None:
    asked = ask(alice, LONG, status=423)["checkpoint"]
    decide(alice, asked)
    in_force(alice)
    again = ask(alice, LONG, status=423)["checkpoint"]
    assert again["id"] != asked["id"]
    decide(alice, again)
    ask(alice, LONG)


def test_a_stopped_provider_is_passed_over_and_refused_by_name(alice: Person) -> None:
    with alice.acting():
        pulled = perform("governance.kill.pull", {"scope": "provider", "id": "anthropic"})
    assert ask(alice)["provider"] != "anthropic"
    assert ask(alice, model="claude-sonnet-5-5", status=403)["code"] == "kill_switch"
    with alice.acting():
        perform("governance.kill.lift", {"kill": pulled.pk})
    assert ask(alice, model="claude-sonnet-5-5")["provider"] == "anthropic"


def test_a_kill_switch_holds_it(alice: Person) -> None:
    with alice.acting():
        pulled = perform("governance.kill.pull", {"scope": "identity"})
    assert ask(alice, status=403)["code"] == "kill_switch"
    with alice.acting():
        perform("governance.kill.lift", {"kill": pulled.pk})
    ask(alice)


def test_a_viewer_asks_no_model(alice: Person, bob: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    answer = Api(bob.user, workshop).post("llm/complete/", {"messages": [{"role": "user", "content": "Bonjour"}]})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "a"}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
        {"messages": [{"role": "user", "content": "a"}], "max_tokens": 0},
        {"messages": [{"role": "user", "content": "a"}], "options": {"n": 2}},
        {"messages": [{"role": "user", "content": "a"}], "strategy": "specific"},
        {"messages": [{"role": "user", "content": "a"}], "tool_choice": {"type": "tool"}},
        {"messages": [{"role": "user", "content": "a"}], "model": "x", "provider": "nobody"},
    ],
)
def test_bad_input_is_named(alice: Person, body: dict[str, Any]) -> None:
    answer = alice.api.post("llm/complete/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content
    assert answer.json()["errors"]


def test_json_is_asked_in_words_where_the_wire_has_none(alice: Person) -> None:
    from agents.llm.catalogue import model
    from agents.llm.completing.actions import COMPLETE
    from agents.llm.completing.params import CompleteParams
    from agents.llm.completing.planning import plan_for
    from governance.registry.actions import get_action

    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"title": "Semis"}}}
    asked = {"messages": [{"role": "user", "content": "a"}], "system": "Bref.", "options": {"response_format": wanted}}
    with alice.looking():
        plan = plan_for(get_action(COMPLETE), CompleteParams.model_validate(asked))
    assert "Semis" in plan.request(model("claude-sonnet-5-5")).system
    others = next(each for each in plan.allowed if each.provider != "anthropic")
    assert plan.request(others).system == "Bref."
