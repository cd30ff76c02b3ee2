"""Closed, open, half open: exact across processes (health/breaker.py, agents/sql/functions_health.sql)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F

from agents.llm.health.breaker import TELLING, ProviderDown, Seen, admit, observe, rates, unclaim, unwell
from agents.llm.health.models import HealthObservation, ModelSpeed, ProviderHealth

pytestmark = pytest.mark.usefixtures("db")

WELL = Seen("m-1", "", 1000, 200, 400)


@pytest.fixture
def name() -> Iterator[str]:
    yield (name := f"tested-{uuid4().hex[:12]}")
    ProviderHealth.objects.filter(provider=name).delete()


def failed(name: str, code: str = "provider_error", ticket: UUID | None = None) -> str:
    return observe(name, ticket or uuid4(), Seen("m-1", code, 50))


def row(name: str) -> ProviderHealth:
    return ProviderHealth.objects.get(pk=name)


def later(name: str, seconds: float) -> None:
    """As if all that is known had happened earlier."""
    by = timedelta(seconds=seconds)
    ProviderHealth.objects.filter(pk=name).update(retry_at=F("retry_at") - by, probe_until=F("probe_until") - by)


def passes(name: str, ticket: UUID | None = None) -> bool:
    try:
        admit(name, ticket or uuid4())
    except ProviderDown:
        return False
    return True


def opened(name: str) -> None:
    for _ in range(3):
        failed(name)


def test_nobody_knows_anything_of_a_new_provider_so_it_is_called(name: str) -> None:
    assert passes(name)
    assert name not in unwell()


def test_three_failures_in_a_row_open_it_for_three_minutes(name: str) -> None:
    assert [failed(name) for _ in range(3)] == ["closed", "closed", "open"]
    with pytest.raises(ProviderDown) as down:
        admit(name, uuid4())
    assert (down.value.code, 175 < (down.value.retry_after or 0) <= 180) == ("provider_down", True)
    assert name in unwell()


def test_a_success_between_failures_keeps_it_closed(name: str) -> None:
    for _ in range(3):
        assert [failed(name), failed(name), observe(name, uuid4(), WELL)] == ["closed"] * 3
    assert row(name).failures == 0


@pytest.mark.parametrize("code", ["cancelled", "refused", "rate_limited", "lost"])
def test_what_says_nothing_of_the_provider_does_not_count(name: str, code: str) -> None:
    for _ in range(5):
        assert failed(name, code) == "closed"
    assert (row(name).failures, row(name).error_rate) == (0, 0)


@pytest.mark.parametrize("code", sorted(TELLING))
def test_every_failure_that_says_something_counts(name: str, code: str) -> None:
    assert [failed(name, code) for _ in range(3)][-1] == "open"


def test_after_its_pause_one_at_a_time_finds_out_and_one_success_closes(name: str) -> None:
    opened(name)
    later(name, 179)
    assert not passes(name)
    later(name, 1)
    assert name not in unwell()
    first = uuid4()
    assert passes(name, first)
    assert row(name).state == "half_open"
    assert name in unwell()
    assert [passes(name) for _ in range(3)] == [False] * 3
    assert passes(name, first)  # asked again, because the answer was lost
    assert observe(name, first, WELL) == "closed"
    assert passes(name)


def test_a_trial_that_fails_pauses_longer_up_to_a_quarter_of_an_hour(name: str) -> None:
    opened(name)
    pauses = []
    for _ in range(14):
        later(name, 900)
        ticket = uuid4()
        assert passes(name, ticket)
        assert failed(name, ticket=ticket) == "open"
        held = row(name)
        assert held.retry_at is not None
        assert held.opened_at is not None
        pauses.append(round((held.retry_at - held.opened_at).total_seconds() / 60))
    assert pauses == [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 15]


def test_a_trial_that_says_nothing_leaves_the_next_one_the_turn(name: str) -> None:
    opened(name)
    later(name, 180)
    first, second = uuid4(), uuid4()
    assert passes(name, first)
    assert failed(name, "cancelled", first) == "half_open"
    assert passes(name, second)
    unclaim(name, uuid4())  # somebody else's
    assert not passes(name)
    unclaim(name, second)
    assert passes(name)


def test_a_trial_whose_process_died_is_followed_by_another_one(name: str) -> None:
    opened(name)
    later(name, 180)
    assert passes(name)
    later(name, 599)
    assert not passes(name)
    later(name, 1)
    assert passes(name)


def test_calls_that_began_before_it_opened_and_fail_later_do_not_lengthen_the_pause(name: str) -> None:
    opened(name)
    before = row(name).retry_at
    assert {failed(name) for _ in range(10)} == {"open"}
    assert (row(name).failures, row(name).retry_at) == (3, before)


def test_of_many_at_once_exactly_one_finds_out(name: str) -> None:
    opened(name)
    later(name, 180)

    def one(_: int) -> bool:
        try:
            return passes(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) == 1


def test_failures_from_many_sides_at_once_are_each_counted_once(name: str) -> None:
    def one(_: int) -> str:
        try:
            return failed(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(one, range(24)))
    assert sorted(states) == ["closed"] * 2 + ["open"] * 22
    assert row(name).failures == 3


def test_averages_move_and_the_history_stays(name: str) -> None:
    observe(name, uuid4(), WELL)
    observe(name, uuid4(), Seen("m-1", "", 2000, 1000, 100))
    failed(name)
    held = row(name)
    assert held.total_ms == pytest.approx(1200)
    assert held.first_token_ms == pytest.approx(360)
    assert held.error_rate == pytest.approx(0.2)
    assert rates()[name, "m-1"] == 420  # 500 a second, then 100
    assert ModelSpeed.objects.get(provider=name).calls == 2
    kept = HealthObservation.objects.filter(provider=name).order_by("pk")
    assert list(kept.values_list("ok", "code", "total_ms", "state")) == [
        (True, "", 1000, "closed"),
        (True, "", 2000, "closed"),
        (False, "provider_error", 50, "closed"),
    ]


def test_a_short_answer_measures_no_speed(name: str) -> None:
    observe(name, uuid4(), Seen("m-1", "", 300, 200, 3))
    observe(name, uuid4(), Seen("m-1", "", 300, None, 300))
    assert (name, "m-1") not in rates()
