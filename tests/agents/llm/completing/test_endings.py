"""How completions end otherwise: stopped, lost, asked for twice at once, and where their limits are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from agents.llm.completing import asking
from agents.llm.completing.carrying import Call
from agents.llm.completing.lost import end_lost
from agents.llm.completing.refusals import ModelFailed
from agents.llm.exchange import Stop
from governance.errors import CheckpointRequired, GovernanceError, NotAllowed
from governance.models import Execution
from governance.perform import perform
from tests.agents.llm.completing.test_complete import LONG, ask, attempts, decide, spent
from tests.cast import Person

pytestmark = pytest.mark.usefixtures("simulator")
SLOW = "#sim pace 50ms\n#sim long 2000"


def params(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "model": "claude-sonnet-5-5", **more}


def test_a_stop_hangs_up_and_pays_what_was_said(alice: Person) -> None:
    stop, heard = Stop(), []

    def hear(_model: str, words: str) -> None:
        heard.append(words)
        stop.ask()

    with alice.acting(), pytest.raises(ModelFailed) as raised:
        asking.complete(params(SLOW), hear, stop)
    assert raised.value.extra["failure"] == "cancelled"
    [row] = attempts(alice)
    assert (row.state, row.error) == ("failed", "cancelled")
    assert heard
    assert spent(alice) == (row.credits, row.pico_usd, 0, 0)
    assert row.output_tokens > 0


def test_a_kill_switch_hangs_up_what_is_under_way(alice: Person) -> None:
    begun, ended = threading.Event(), []

    def work() -> None:
        try:
            with alice.acting(), pytest.raises(ModelFailed) as raised:
                asking.complete(params(SLOW), lambda _model, _words: begun.set())
            ended.append(raised.value.extra["failure"])
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(20)
    with alice.acting():
        perform("governance.kill.pull", {"scope": "identity"})
    worker.join(20)
    assert ended == ["cancelled"]
    [row] = attempts(alice)
    assert row.pico_usd > 0


def test_of_two_at_once_one_uses_the_approval(alice: Person) -> None:
    asked = ask(alice, LONG, status=423)["checkpoint"]
    decide(alice, asked)

    def once(_place: int) -> str:
        try:
            with alice.acting():
                asking.complete({"messages": [{"role": "user", "content": LONG}]})
            return "done"
        except CheckpointRequired:
            return "asked"
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(once, range(3))) == ["asked", "asked", "done"]
    assert len(attempts(alice)) == 1


def test_a_lost_call_is_paid_in_full_and_its_execution_is_doubtful(alice: Person, monkeypatch: Any) -> None:
    asked = ask(alice, LONG, status=423)["checkpoint"]
    decide(alice, asked)

    class Died(BaseException):
        pass

    def die(_call: Call) -> None:
        raise Died

    with monkeypatch.context() as patch, alice.acting(), pytest.raises(Died):
        patch.setattr(Call, "make", die)
        asking.complete({"messages": [{"role": "user", "content": LONG}]})
    [row] = attempts(alice)
    assert row.state == "calling"
    assert end_lost(timedelta(0)) >= 1
    [row] = attempts(alice)
    assert (row.state, row.credits, row.pico_usd) == ("lost", row.held_credits, row.held_pico_usd)
    assert spent(alice) == (row.credits, row.pico_usd, 0, 0)
    with alice.looking():
        assert Execution.objects.get(checkpoint_id=asked["id"]).state == "pending_effect"


def test_when_the_budget_ends_between_two_trials_it_says_so(alice: Person, monkeypatch: Any) -> None:
    from governance.errors import BudgetExceeded

    def none_left(*_more: Any) -> None:
        raise BudgetExceeded("")

    monkeypatch.setattr(Call, "_again", none_left)
    with alice.acting(), pytest.raises(BudgetExceeded):
        asking.complete(params("#sim error 500"))
    assert [row.state for row in attempts(alice)] == ["failed"]
    assert spent(alice) == (0, 0, 0, 0)


def test_agents_have_their_own_runs(alice: Person) -> None:
    with alice.acting(agent="nova"), pytest.raises(NotAllowed):
        asking.complete(params("Bonjour"))
    assert attempts(alice) == []


def test_it_is_not_carried_out_where_nobody_listens(alice: Person) -> None:
    """As whoever finds the approval and performs it without asking for the answer."""
    with alice.acting(), pytest.raises(GovernanceError):
        perform("agents.llm.complete", params("Bonjour"))
    assert attempts(alice) == []


def test_a_sphere_pays_when_it_is_named(alice: Person) -> None:
    from governance.ledger.models import Account

    ask(alice, "#sim text Oui", sphere="business")
    [row] = attempts(alice)
    with alice.looking():
        assert Account.objects.get(kind="sphere", ref="business").pico_usd_spent == row.pico_usd
