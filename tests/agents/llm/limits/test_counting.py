"""Requests, tokens and calls at once, by both ways of counting (limits/in_postgres.py, limits/in_redis.py)."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest

from agents.llm.limits.contract import Counting, Lease, Limits, Priority, Said, Wait
from agents.llm.limits.in_postgres import InPostgres
from agents.llm.limits.models import ProviderWait

WINDOW = 3.0


def limits(requests: int = 1000, tokens: int | None = None, at_once: int = 1000, window: float = WINDOW) -> Limits:
    return Limits(f"tested-{uuid4().hex[:12]}", requests, tokens, at_once, window)


def asked(
    counting: Counting, of: Limits, ticket: UUID | None = None, who: UUID | None = None, tokens: int = 10,
    priority: int = Priority.NORMAL,
) -> Lease | Wait:  # fmt: skip
    return counting.take(of, ticket or uuid4(), who or uuid4(), tokens, priority)


def why(answer: Lease | Wait) -> str:
    return answer.why if isinstance(answer, Wait) else "lease"


def test_as_many_requests_as_allowed_and_not_one_more_until_the_oldest_has_left(counting: Counting) -> None:
    of = limits(requests=20)
    began = time.monotonic()
    assert [why(asked(counting, of)) for _ in range(2)] == ["lease"] * 2  # a tenth of them in one second
    assert why(asked(counting, of)) == "burst"
    of = limits(requests=9, window=1.5)  # one a second
    first, second = uuid4(), uuid4()
    assert why(asked(counting, of, first)) == "lease"
    answer = asked(counting, of, second)
    assert isinstance(answer, Wait)
    assert 0 < answer.seconds <= 1.1
    time.sleep(answer.seconds)
    assert why(asked(counting, of, second)) == "lease"
    assert time.monotonic() - began > 1


def test_a_window_lets_nobody_through_before_it_is_over(counting: Counting) -> None:
    of = limits(requests=1)
    asked(counting, of)
    answer = asked(counting, of, ticket := uuid4())
    assert isinstance(answer, Wait)
    assert (answer.why, WINDOW - 0.5 < answer.seconds <= WINDOW + 0.01) == ("requests", True)
    time.sleep(max(answer.seconds - 0.3, 0))
    assert why(asked(counting, of, ticket)) == "requests"
    time.sleep(0.32)
    assert why(asked(counting, of, ticket)) == "lease"


def test_no_more_at_once_than_allowed_and_a_place_that_is_given_back_is_free(counting: Counting) -> None:
    of = limits(at_once=2)
    held = [asked(counting, of, uuid4()) for _ in range(2)]
    waiting = uuid4()
    assert why(asked(counting, of, waiting)) == "at_once"
    assert isinstance(held[0], Lease)
    counting.leave(of.provider, held[0].ticket, 5)
    counting.leave(of.provider, held[0].ticket, 5)  # harmless to repeat
    assert why(asked(counting, of, waiting)) == "lease"
    assert why(asked(counting, of)) == "at_once"


def test_tokens_are_counted_as_reserved_until_it_is_known_what_was_used(counting: Counting) -> None:
    of = limits(tokens=100)
    first = asked(counting, of, tokens=80)
    waiting = uuid4()
    assert why(asked(counting, of, waiting, tokens=30)) == "tokens"
    assert isinstance(first, Lease)
    counting.leave(of.provider, first.ticket, 20)
    assert why(asked(counting, of, waiting, tokens=30)) == "lease"
    assert why(asked(counting, of, tokens=51)) == "tokens"


def test_a_refused_one_is_charged_nothing(counting: Counting) -> None:
    of = limits(requests=30, tokens=100)
    assert [why(asked(counting, of, tokens=101))] == ["lease"]  # alone larger than all: a window of its own
    other = limits(requests=30, tokens=100)
    asked(counting, other, tokens=90)
    refused = uuid4()
    assert why(asked(counting, other, refused, tokens=20)) == "tokens"
    counting.leave(other.provider, refused, 0)
    assert counting.rooms({other.provider: other})[other.provider].requests == 29
    assert why(asked(counting, other, tokens=10)) == "lease"


def test_the_same_ticket_takes_once(counting: Counting) -> None:
    of, ticket = limits(requests=30), uuid4()
    assert [why(asked(counting, of, ticket)) for _ in range(5)] == ["lease"] * 5
    assert counting.rooms({of.provider: of})[of.provider].requests == 29


def test_a_lease_that_nobody_gives_back_ends_after_the_longest_call(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{type(counting).__module__}.LONGEST_CALL", 1.0)
    of = limits(at_once=1)
    asked(counting, of)
    waiting = uuid4()
    assert why(asked(counting, of, waiting)) == "at_once"
    time.sleep(1.05)
    assert why(asked(counting, of, waiting)) == "lease"


def test_the_more_urgent_comes_first(counting: Counting) -> None:
    of = limits(at_once=1)
    held = asked(counting, of)
    tickets = {priority: uuid4() for priority in Priority}
    for priority, ticket in tickets.items():
        assert why(asked(counting, of, ticket, priority=priority)) == "at_once"
    order = []
    while tickets:
        assert isinstance(held, Lease)
        counting.leave(of.provider, held.ticket, 0)
        for priority, ticket in list(tickets.items()):
            answer = asked(counting, of, ticket, priority=priority)
            if isinstance(answer, Lease):
                held = answer
                order.append(priority)
                del tickets[priority]
    assert order == [Priority.CRITICAL, Priority.HIGH, Priority.NORMAL, Priority.LOW]


def test_one_that_asks_for_many_does_not_starve_one_that_asks_for_one(counting: Counting) -> None:
    of, greedy, modest = limits(at_once=1), uuid4(), uuid4()
    held = asked(counting, of, who=greedy)
    crowd = [uuid4() for _ in range(50)]
    for ticket in crowd:
        asked(counting, of, ticket, greedy)
    one = uuid4()
    assert why(asked(counting, of, one, modest)) == "at_once"
    assert isinstance(held, Lease)
    counting.leave(of.provider, held.ticket, 0)
    assert {why(asked(counting, of, ticket, greedy)) for ticket in crowd} == {"at_once"}
    assert why(asked(counting, of, one, modest)) == "lease"


def test_who_has_waited_for_long_rises(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{type(counting).__module__}.AGEING", 0.2)
    of = limits(at_once=1)
    held, low = asked(counting, of), uuid4()
    asked(counting, of, low, priority=Priority.LOW)
    time.sleep(0.65)
    asked(counting, of, urgent := uuid4(), priority=Priority.CRITICAL)
    assert isinstance(held, Lease)
    counting.leave(of.provider, held.ticket, 0)
    assert why(asked(counting, of, urgent, priority=Priority.CRITICAL)) == "at_once"
    assert why(asked(counting, of, low, priority=Priority.LOW)) == "lease"


def test_who_no_longer_asks_is_not_waited_for(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{type(counting).__module__}.PATIENCE", 0.3)
    of = limits(at_once=1)
    held = asked(counting, of)
    asked(counting, of, gone := uuid4(), priority=Priority.CRITICAL)
    asked(counting, of, here := uuid4())
    assert isinstance(held, Lease)
    counting.leave(of.provider, held.ticket, 0)
    assert why(asked(counting, of, here)) == "at_once"
    time.sleep(0.35)
    assert why(asked(counting, of, here)) == "lease"
    if isinstance(counting, InPostgres):
        assert not ProviderWait.objects.filter(pk=gone).exists()


def test_a_provider_that_says_wait_is_waited_for(counting: Counting) -> None:
    of = limits()
    counting.obey(of.provider, Said(pause=1.0))
    answer = asked(counting, of, ticket := uuid4())
    assert isinstance(answer, Wait)
    assert (answer.why, 0.5 < answer.seconds <= 1) == ("provider", True)
    assert counting.rooms({of.provider: of})[of.provider].is_full
    time.sleep(answer.seconds + 0.02)
    assert why(asked(counting, of, ticket)) == "lease"


def test_what_a_provider_says_is_left_is_left_without_what_is_under_way(counting: Counting) -> None:
    of = limits()
    asked(counting, of)  # under way: the answer below cannot know of it
    counting.obey(of.provider, Said(requests=(3, 1.0)))
    assert [why(asked(counting, of)) for _ in range(3)] == ["lease", "lease", "provider"]
    time.sleep(1.05)
    assert why(asked(counting, of)) == "lease"


def test_tokens_that_a_provider_says_are_left(counting: Counting) -> None:
    of = limits()
    counting.obey(of.provider, Said(tokens=(50, 1.0)))
    assert [why(asked(counting, of, tokens=30)) for _ in range(2)] == ["lease", "provider"]
    assert counting.rooms({of.provider: of})[of.provider].tokens == 20
    time.sleep(1.05)
    assert why(asked(counting, of, tokens=30)) == "lease"


def test_what_is_left_is_told_for_all_at_once(counting: Counting) -> None:
    used, fresh = limits(requests=40, tokens=100, at_once=2), limits(at_once=3)
    for _ in range(2):
        asked(counting, used, tokens=30)
    found = counting.rooms({used.provider: used, fresh.provider: fresh})
    assert (found[used.provider].requests, found[used.provider].tokens, found[used.provider].at_once) == (38, 40, 0)
    assert (found[fresh.provider].tokens, found[fresh.provider].at_once) == (None, 3)
    assert (found[used.provider].is_full, found[fresh.provider].is_full) == (True, False)
