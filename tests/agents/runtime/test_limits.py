"""A run keeps to its provider's limits: it waits and says so, is stopped, or ends without having spent anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from agents.llm import passage
from agents.llm.health.breaker import Seen, observe
from agents.llm.health.models import HealthObservation, ProviderHealth
from agents.llm.limits.contract import Lease, Wait
from agents.llm.limits.models import ProviderTake, ProviderWait
from agents.llm.limits.taking import give_back, take
from agents.llm.limits.waiting import Turn, wait_for_room
from agents.models import Attempt, Run
from agents.pipeline.card import card_of
from governance.models import Account, Event
from governance.perform import perform
from tests.agents.runtime.test_loop import ask, go_on, seen, whole
from tests.cast import Person
from tests.governance.live.processes import Running, environment, eventually, forget_waiting

pytestmark = pytest.mark.usefixtures("simulator")

QUESTION = "Que contient ce fil ?\n#sim text Bonjour à tous, voici ce que contient ce fil."
NOVA = "anthropic"


@pytest.fixture
def one_place(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Lease]:
    """The only place at the provider, taken by somebody else; given back after the test."""
    settings.LIMITS_SCALE = 1
    facts = replace(passage.provider_of(NOVA), id=f"tested-{uuid4().hex[:12]}", max_concurrency=1)
    monkeypatch.setattr(passage, "provider_of", lambda name: facts)
    held = take(facts, uuid4(), 10)
    assert isinstance(held, Lease)
    yield held
    give_back(held, 0)


def start(person: Person) -> Run:
    with person.acting():
        return perform("agents.run.start", {"text": QUESTION, "sphere": "personal"})


def working(person: Person, run: Run) -> threading.Thread:
    """A worker in a thread of its own takes the run."""

    def work() -> None:
        try:
            go_on(person, run)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    return worker


def attempts(person: Person, run: Run) -> list[tuple[str, str, int]]:
    with person.looking():
        rows = Attempt.objects.filter(run_id=run.pk).order_by("id")
        return list(rows.values_list("state", "error", "credits"))


def news(person: Person, run: Run) -> list[str]:
    with person.looking():
        return list(Event.objects.filter(run_id=run.pk).order_by("seq").values_list("kind", flat=True))


def held_of(person: Person) -> set[int]:
    with person.looking():
        return set(Account.objects.values_list("tokens_held", flat=True))


def test_a_call_takes_its_place_gives_it_back_and_is_seen(alice: Person) -> None:
    run = ask(alice, QUESTION)
    with alice.looking():
        attempt = Attempt.objects.get(run_id=run.pk)
    place = ProviderTake.objects.get(pk=attempt.pk)
    assert (place.identity_id, place.returned_at is not None) == (alice.identity.pk, True)
    assert place.tokens == attempt.input_tokens + attempt.output_tokens
    kept = HealthObservation.objects.filter(provider=NOVA).latest("pk")
    assert (kept.model, kept.ok, kept.state) == (attempt.model, True, "closed")
    assert kept.first_token_ms is not None
    assert kept.first_token_ms <= kept.total_ms


def test_a_run_that_waits_for_room_says_so_and_goes_on_by_itself(alice: Person, one_place: Lease) -> None:
    run = start(alice)
    worker = working(alice, run)
    eventually(lambda: attempts(alice, run) == [("waiting", "", 0)])
    assert max(held_of(alice)) > 0  # what it may cost is reserved
    with alice.looking() as actor:
        shown = card_of(Run.objects.select_related("thread").get(pk=run.pk), actor)
    assert "attend son tour" in shown.say or "waits for its turn" in shown.say
    assert ProviderWait.objects.filter(provider=one_place.provider).count() == 1
    give_back(one_place, 0)
    worker.join(20)
    assert seen(alice, run).status == "completed"
    assert [state for state, _, _ in attempts(alice, run)] == ["done"]
    told = [kind for kind in news(alice, run) if kind.startswith("llm.")]
    assert told == ["llm.call.start", "llm.call.wait", "llm.call.go", "llm.call.complete"]
    whole(alice)


def test_stop_ends_a_run_that_waits_and_nothing_was_spent(alice: Person, one_place: Lease) -> None:
    run = start(alice)
    worker = working(alice, run)
    eventually(lambda: attempts(alice, run) == [("waiting", "", 0)])
    with alice.acting():
        perform("agents.run.stop", {"run": run.pk})
    worker.join(20)
    assert seen(alice, run).status == "cancelled"
    assert attempts(alice, run) == [("failed", "cancelled", 0)]
    assert not ProviderWait.objects.filter(provider=one_place.provider).exists()
    whole(alice)


def test_no_room_for_too_long_ends_the_run_and_releases_what_was_held(
    alice: Person, one_place: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = (0.4,)
    monkeypatch.setattr("agents.llm.limits.waiting.wait_for_room.__defaults__", defaults)
    run = ask(alice, QUESTION)
    assert (run.status, run.error, run.credits) == ("failed", "limit_reached", 0)
    assert attempts(alice, run) == [("failed", "limit_reached", 0)]
    whole(alice)


def test_without_redis_nothing_is_called_and_nothing_is_spent(alice: Person, settings: Any) -> None:
    before = HealthObservation.objects.filter(provider=NOVA).count()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    run = ask(alice, QUESTION)
    assert (run.status, run.error, run.credits) == ("failed", "limits_unavailable", 0)
    assert {error for _, error, _ in attempts(alice, run)} == {"limits_unavailable"}
    settings.REDIS_URL = ""
    assert HealthObservation.objects.filter(provider=NOVA).count() == before
    whole(alice)
    assert ask(alice, QUESTION).status == "completed"


def test_a_provider_that_keeps_failing_is_not_called_and_takes_no_place(alice: Person) -> None:
    run = ask(alice, "Que contient ce fil ?\n#sim error 500")
    assert run.error == "provider_error"
    assert ProviderHealth.objects.get(pk=NOVA).state == "open"
    run = ask(alice, QUESTION)
    assert (run.status, run.error, run.credits) == ("failed", "provider_down", 0)
    with alice.looking():
        attempt = Attempt.objects.get(run_id=run.pk)
    assert ProviderTake.objects.get(pk=attempt.pk).returned_at is not None
    observe(NOVA, uuid4(), Seen("", "", 5))
    assert ask(alice, QUESTION).status == "completed"
    whole(alice)


def test_who_would_wait_for_a_provider_that_is_down_is_told_at_once(alice: Person, one_place: Lease) -> None:
    for _ in range(3):
        observe(one_place.provider, uuid4(), Seen("m-1", "unreachable", 5))
    began = time.monotonic()
    run = ask(alice, QUESTION)
    assert (run.error, time.monotonic() - began < 10) == ("provider_down", True)
    assert not ProviderWait.objects.filter(provider=one_place.provider).exists()
    ProviderHealth.objects.filter(pk=one_place.provider).delete()


def test_a_pause_that_the_provider_asks_for_is_kept_by_everybody(alice: Person) -> None:
    run = ask(alice, "Que contient ce fil ?\n#sim error 429")
    assert run.error == "rate_limited"
    assert ProviderHealth.objects.get(pk=NOVA).state == "closed"
    answer = take(passage.provider_of(NOVA), uuid4(), 10)
    assert isinstance(answer, Wait)
    assert answer.why == "provider"


def test_a_worker_that_is_killed_while_its_run_waits_spends_nothing(
    alice: Person, tmp_path: Any, simulator: str, settings: Any
) -> None:
    """By a real worker process: the next one goes on with a new reservation, and the old one is given back."""
    facts = passage.provider_of(NOVA)
    settings.LIMITS_SCALE = 1
    others = [Turn(uuid4(), uuid4(), 10) for _ in range(facts.max_concurrency)]
    held = [wait_for_room(facts, other, threading.Event(), lambda wait: None) for other in others]
    forget_waiting()
    run = start(alice)
    more = environment(
        CHENU_LIMITS_SCALE="1", CHENU_ANTHROPIC_BASE_URL=simulator, CHENU_DEMO="0", ANTHROPIC_API_KEY="k"
    )
    with Running(["manage.py", "worker"], tmp_path / "first.log", env=more):
        eventually(lambda: attempts(alice, run) == [("waiting", "", 0)], within=90)
    for one in held:
        give_back(one, 0)
    with Running(["manage.py", "worker"], tmp_path / "second.log", env=more):
        eventually(lambda: seen(alice, run).is_over, within=90)
    assert seen(alice, run).status == "completed"
    assert [(state, error) for state, error, _ in attempts(alice, run)] == [("lost", "lost"), ("done", "")]
    assert attempts(alice, run)[0][2] == 0
    whole(alice)
