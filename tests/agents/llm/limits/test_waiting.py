"""Waiting for room: bounded by a deadline and by Stop; who is killed leaves nothing behind (limits/waiting.py)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F

from agents.llm.errors import CallFailed
from agents.llm.facts import ProviderFacts
from agents.llm.limits.contract import Lease, LimitsUnavailable, Wait
from agents.llm.limits.models import ProviderTake, ProviderWait
from agents.llm.limits.taking import full, give_back, obey, take
from agents.llm.limits.tasks import sweep_takes
from agents.llm.limits.waiting import Turn, wait_for_room
from agents.llm.passage import provider_of
from tests.governance.live.processes import environment, eventually
from tests.ground import ROOT

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(params=["postgres", "redis"])
def where(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test that asks for it runs with both; the value is the REDIS_URL."""
    monkeypatch.setattr("agents.llm.limits.contract.WINDOW", 3.0)
    settings.LIMITS_SCALE = 1
    settings.REDIS_URL = "" if request.param == "postgres" else request.getfixturevalue("old_redis").url
    return str(settings.REDIS_URL)


def facts(**changes: Any) -> ProviderFacts:
    return replace(provider_of("anthropic"), id=f"tested-{uuid4().hex[:12]}", **changes)


def turn(ticket: UUID | None = None) -> Turn:
    return Turn(ticket or uuid4(), uuid4(), 10)


def waited(of: ProviderFacts, stopped: threading.Event | None = None, longest: float = 5.0, **more: Any) -> Lease:
    return wait_for_room(of, turn(), stopped or threading.Event(), more.get("on_wait", lambda wait: None), longest)


def queue(of: ProviderFacts) -> list[Any]:
    """Who waits, as the embedded default keeps it."""
    return list(ProviderWait.objects.filter(provider=of.id))


def test_room_is_had_at_once_or_when_somebody_gives_back(where: str) -> None:
    of = facts(max_concurrency=1)
    told: list[Wait] = []
    first = waited(of, on_wait=told.append)
    assert told == []
    assert full([of]) == {of.id}

    def later() -> None:
        time.sleep(0.4)
        give_back(first, 5)
        connection.close()

    helper = threading.Thread(target=later)
    helper.start()
    second = waited(of, on_wait=told.append)
    helper.join()
    assert ([wait.why for wait in told], second.ticket != first.ticket) == (["at_once"], True)


def test_the_deadline_ends_the_waiting_and_leaves_the_queue(where: str) -> None:
    of = facts(max_concurrency=1)
    held = waited(of)
    with pytest.raises(CallFailed) as failure:
        waited(of, longest=0.5)
    assert failure.value.code == "limit_reached"
    assert queue(of) == []
    give_back(held, 0)
    assert isinstance(take(of, uuid4(), 10), Lease)  # nobody waits in front


def test_stop_ends_the_waiting_and_leaves_the_queue(where: str) -> None:
    of, stopped = facts(max_concurrency=1), threading.Event()
    held = waited(of)
    threading.Timer(0.3, stopped.set).start()
    began = time.monotonic()
    with pytest.raises(CallFailed) as failure:
        waited(of, stopped, longest=30)
    assert (failure.value.code, time.monotonic() - began < 5) == ("cancelled", True)
    give_back(held, 0)
    assert isinstance(take(of, uuid4(), 10), Lease)


def test_an_objection_to_waiting_leaves_the_queue(where: str) -> None:
    def objects(wait: Wait) -> None:
        raise ZeroDivisionError

    of = facts(max_concurrency=1)
    held = waited(of)
    with pytest.raises(ZeroDivisionError):
        waited(of, on_wait=objects)
    give_back(held, 0)
    assert isinstance(take(of, uuid4(), 10), Lease)


def started(of: ProviderFacts, calls: str, url: str) -> subprocess.Popen[str]:
    arguments = [of.id, str(of.rpm), str(of.max_concurrency), calls]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.agents.llm.limits.asking", *arguments],
        cwd=ROOT, env=environment(REDIS_URL=url), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_who_is_killed_while_waiting_is_not_waited_for_long_and_leaves_nothing(where: str) -> None:
    of = facts(max_concurrency=1)
    held = waited(of)
    killed = started(of, "hang", where)
    assert said(killed) == "waiting"
    killed.kill()
    killed.communicate()
    give_back(held, 0)
    mine = uuid4()
    assert isinstance(take(of, uuid4(), 10, ticket=mine), Wait)  # it was there first
    eventually(lambda: isinstance(take(of, uuid4(), 10, ticket=mine), Lease), within=15)
    assert queue(of) == []


def test_several_processes_never_pass_the_limit_together(where: str) -> None:
    of = facts(rpm=12, max_concurrency=100)  # one a second
    together = [started(of, "2", where) for _ in range(4)]
    took = [line for each in together for line in each.communicate(timeout=90)[0].splitlines()]
    assert sum(line.startswith("lease") for line in took) == 8
    if not where:
        moments = list(
            ProviderTake.objects.filter(provider=of.id).order_by("number").values_list("taken_at", flat=True)
        )
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
        assert len(gaps) == 7
        assert min(gaps) > 1


def test_what_the_provider_says_is_heeded(where: str) -> None:
    of = facts()
    obey(of, {"content-type": "text/plain"})
    assert isinstance(take(of, uuid4(), 10), Lease)
    obey(of, {"retry-after": "30"})
    answer = take(of, uuid4(), 10)
    assert isinstance(answer, Wait)
    assert (answer.why, 29 < answer.seconds <= 30) == ("provider", True)
    assert full([of]) == {of.id}


def test_a_lost_redis_lets_nobody_call_and_comes_back_by_itself(
    settings: Any, fresh_redis: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.llm.limits.contract.WINDOW", 1.0)
    server = fresh_redis()
    settings.REDIS_URL, settings.LIMITS_SCALE = server.url, 1
    of = facts(rpm=600)
    answer = take(of, uuid4(), 10)
    assert isinstance(answer, Wait)
    assert answer.why == "restarted"  # it may have counted before, and lost it
    held = eventually(lambda: _lease(of), within=10)
    server.kill()
    with pytest.raises(LimitsUnavailable) as away:
        take(of, uuid4(), 10)
    assert (away.value.code, away.value.retryable) == ("limits_unavailable", True)
    with pytest.raises(LimitsUnavailable):
        give_back(held, 0)
    with pytest.raises(CallFailed) as failure:
        waited(of)
    assert failure.value.code == "limits_unavailable"
    server.start()
    assert isinstance(take(of, uuid4(), 10), Wait)
    assert isinstance(waited(of, longest=10), Lease)


def _lease(of: ProviderFacts) -> Lease | None:
    answer = take(of, uuid4(), 10)
    return answer if isinstance(answer, Lease) else None


def test_the_sweep_takes_what_nobody_counts(settings: Any) -> None:
    settings.REDIS_URL, settings.LIMITS_SCALE = "", 1
    of = facts(max_concurrency=1)
    held = waited(of)
    take(of, uuid4(), 10)
    sweep_takes(None)
    assert (ProviderTake.objects.filter(pk=held.ticket).count(), len(queue(of))) == (1, 1)
    ProviderTake.objects.filter(pk=held.ticket).update(taken_at=F("taken_at") - timedelta(minutes=15))
    ProviderWait.objects.filter(provider=of.id).update(seen_at=F("seen_at") - timedelta(minutes=1))
    sweep_takes(None)
    assert (ProviderTake.objects.filter(pk=held.ticket).count(), queue(of)) == (0, [])


def test_limits_are_not_counted_inside_a_transaction(alice: Any) -> None:
    with alice.looking(), pytest.raises(RuntimeError, match="outside a transaction"):
        take(facts(), uuid4(), 10)
