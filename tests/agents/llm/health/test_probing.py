"""Probes of providers that nobody calls, at a real simulator (health/probing.py, health/tasks.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from agents.llm.errors import CallFailed
from agents.llm.health import probing, tasks
from agents.llm.health.breaker import Seen, observe
from agents.llm.health.models import HealthObservation, ProviderHealth
from agents.llm.health.probing import Target, probe_idle, targets
from governance.jobs.registry import get_kind
from tests.governance.live.processes import eventually

pytestmark = pytest.mark.usefixtures("db", "simulator")

NOVA = "anthropic"


@pytest.fixture(autouse=True)
def unknown() -> Iterator[None]:
    ProviderHealth.objects.filter(provider=NOVA).delete()
    yield
    ProviderHealth.objects.filter(provider=NOVA).delete()


def of_nova() -> list[Target]:
    return [target for target in targets() if target.provider.id == NOVA]


def newest() -> HealthObservation:
    return HealthObservation.objects.filter(provider=NOVA).latest("pk")


def seen(seconds_ago: float, **more: Any) -> None:
    moment = timezone.now() - timedelta(seconds=seconds_ago)
    ProviderHealth.objects.filter(provider=NOVA).update(seen_at=moment, **more)


def test_a_provider_that_nobody_has_called_is_asked_for_its_models() -> None:
    assert probe_idle(of_nova()) == [NOVA]
    found = newest()
    assert (found.ok, found.code, found.model, found.state) == (True, "", "", "closed")


def test_one_that_was_just_seen_is_not_asked(settings: Any) -> None:
    observe(NOVA, uuid4(), Seen("m-1", "", 10))
    assert probe_idle(of_nova()) == []
    seen(settings.HEALTH_SECONDS / 2 + 1)
    assert probe_idle(of_nova()) == [NOVA]


def test_an_open_one_is_asked_once_its_pause_is_over_and_closed_by_its_answer() -> None:
    for _ in range(3):
        observe(NOVA, uuid4(), Seen("m-1", "unreachable", 10))
    seen(100)
    assert probe_idle(of_nova()) == []
    seen(0, retry_at=timezone.now())
    assert probe_idle(of_nova()) == [NOVA]
    assert ProviderHealth.objects.get(pk=NOVA).state == "closed"


def test_who_cannot_be_reached_is_seen_as_that(settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"
    assert probe_idle(of_nova()) == [NOVA]
    assert (newest().ok, newest().code) == (False, "unreachable")


def test_a_fault_of_ours_frees_the_trial_and_is_not_hidden() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        observe(NOVA, uuid4(), Seen("m-1", "unreachable", 10))
    seen(0, retry_at=timezone.now())
    with pytest.raises(ZeroDivisionError):
        probe_idle([Target(of_nova()[0].provider, broken)])
    held = ProviderHealth.objects.get(pk=NOVA)
    assert (held.state, held.probe, held.last_code) == ("half_open", None, "lost")


def test_a_refused_probe_says_nothing_of_the_provider() -> None:
    def refused() -> None:
        raise CallFailed("refused")

    for _ in range(4):
        probing.probe(Target(of_nova()[0].provider, refused))
    assert ProviderHealth.objects.get(pk=NOVA).state == "closed"


def test_the_schedule_looks_twice_in_the_interval(settings: Any) -> None:
    kind = get_kind("agents.health.probe")
    assert kind.every == settings.HEALTH_SECONDS // 2
    kind.handler(None)
    assert newest().ok


def test_observations_are_kept_for_a_month() -> None:
    observe(NOVA, uuid4(), Seen("m-1", "", 10))
    mine, old = newest().pk, timezone.now() - tasks.KEEP - timedelta(minutes=1)
    HealthObservation.objects.filter(pk=mine).update(at=old)
    observe(NOVA, uuid4(), Seen("m-1", "", 10))
    tasks.clean(None)
    assert not HealthObservation.objects.filter(pk=mine).exists()
    assert newest().ok


def test_a_change_is_told_to_every_socket() -> None:
    from governance.live.listening import Listener
    from governance.live.notify import CHANNEL_NAME
    from governance.live.outage import Outage

    heard: list[str] = []
    ready: list[Any] = []
    ears = Listener("tested-ears", [CHANNEL_NAME], heard.append, outage=Outage(), opened=ready.append)
    ears.start()
    eventually(lambda: ready)
    for _ in range(3):
        observe(NOVA, uuid4(), Seen("m-1", "unreachable", 10))
    told = eventually(lambda: [text for text in heard if text.startswith("all ")])
    ears.stop()
    ears.join()
    assert told == ['all {"provider":"anthropic","state":"open","kind":"provider.health.changed"}']
