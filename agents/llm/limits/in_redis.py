"""Counting in Redis: one atomic script per take, by the server's clock. Without Redis nobody calls.

A Redis that has just started is waited for until one window has passed, because what it counted before may be
lost; calls that were under way then are no longer counted among those at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.llm.limits.contract import (
    AGEING,
    LONGEST_CALL,
    PATIENCE,
    Lease,
    Limits,
    LimitsUnavailable,
    Room,
    Said,
    Wait,
    least,
)

ANSWERS_WITHIN = 2.0  # seconds
KEYS = ("takes", "facts", "open", "spent", "waits", "gate")
HERE = Path(__file__).parent


class InRedis:
    """`Counting` by the scripts beside this file, on the server of `url`."""

    def __init__(self, url: str) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=ANSWERS_WITHIN,
            socket_connect_timeout=ANSWERS_WITHIN,
            retry=Retry(NoBackoff(), 1),  # a take that is asked twice is one take
            decode_responses=True,
        )
        self._error = redis.RedisError
        self._scripts = {
            name: self._redis.register_script((HERE / f"{name}.lua").read_text()) for name in ("take", "leave", "obey")
        }

    def take(self, limits: Limits, ticket: UUID, identity: UUID, tokens: int, priority: int) -> Lease | Wait:
        times = map(_micro, (limits.window, LONGEST_CALL, PATIENCE, AGEING))
        most_tokens = -1 if limits.tokens is None else limits.tokens
        granted, micro, why = self._run(
            "take", limits.provider, ticket.hex, identity.hex, int(priority), tokens, limits.requests, most_tokens,
            limits.at_once, limits.burst, *times, "" if limits.loosened else "exact",
        )  # fmt: skip
        seconds = int(micro) / 1e6
        return Lease(ticket, limits.provider, seconds) if granted else Wait(seconds, why)

    def leave(self, provider: str, ticket: UUID, used: int) -> None:
        self._run("leave", provider, ticket.hex, used)

    def obey(self, provider: str, said: Said) -> None:
        values: list[Any] = ["" if said.pause is None else _micro(said.pause)]
        for left in (said.requests, said.tokens):
            values += ["", ""] if left is None else [left[0], _micro(left[1])]
        self._run("obey", provider, *values)

    def rooms(self, limits: Mapping[str, Limits]) -> dict[str, Room]:
        return self._safely(lambda: self._rooms(limits))

    def _rooms(self, limits: Mapping[str, Limits]) -> dict[str, Room]:
        seconds, micro = self._redis.time()  # type: ignore[misc]
        present = seconds * 1_000_000 + micro
        pipe = self._redis.pipeline(transaction=False)
        for provider, most in limits.items():
            takes, _, under_way, spent, _, gate = _keys(provider)
            pipe.zcount(takes, present - _micro(most.window), "+inf")
            pipe.zcount(under_way, present, "+inf")
            pipe.get(spent)
            pipe.hgetall(gate)
        found = pipe.execute()
        return {
            provider: _room(most, present, *found[place * 4 : place * 4 + 4])
            for place, (provider, most) in enumerate(limits.items())
        }

    def _run(self, name: str, provider: str, *values: Any) -> Any:
        return self._safely(lambda: self._scripts[name](keys=_keys(provider), args=values))

    def _safely(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except self._error as error:
            raise LimitsUnavailable(str(error)) from error


@lru_cache(maxsize=4)
def in_redis(url: str) -> InRedis:
    """The process's one client of a server; a connection that was lost is made anew when it is next needed."""
    return InRedis(url)


def _room(most: Limits, present: int, taken: int, under_way: int, spent: str | None, gate: dict[str, str]) -> Room:
    """`spent` may still hold what has just left the window: too little room is told then, never too much."""
    said = {
        name: int(gate.get(f"left_{name}", 0)) if int(gate.get(f"{name}_until", 0)) > present else None
        for name in ("requests", "tokens")
    }
    paused = 0 if int(gate.get("not_before", 0)) > present else None
    tokens = None if most.tokens is None else most.tokens - int(spent or 0)
    requests = least(most.requests - taken, said["requests"], paused) or 0
    return Room(requests, least(tokens, said["tokens"]), most.at_once - under_way)


def _keys(provider: str) -> list[str]:
    return [f"chenu:limits:{{{provider}}}:{name}" for name in KEYS]


def _micro(seconds: float) -> int:
    return int(seconds * 1_000_000)
