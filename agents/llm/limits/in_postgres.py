"""Counting in PostgreSQL, the embedded default: one statement per take, one locked row per provider.

Without the database nothing happens at all here: its errors are those of every other statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from agents.llm.limits.contract import (
    AGEING,
    LONGEST_CALL,
    PATIENCE,
    Lease,
    Limits,
    Room,
    Said,
    Wait,
    least,
)

TAKE = """SELECT granted, seconds, why FROM chenu.provider_take(
    %s, %s, %s, %s, %s::bigint, %s, %s::bigint, %s, %s, %s, %s, %s, %s)"""
ROOMS = """
SELECT g.provider, count(t.id) FILTER (WHERE t.taken_at >= now() - l.span) AS taken,
    coalesce(sum(t.tokens) FILTER (WHERE t.taken_at >= now() - l.span), 0) AS tokens,
    count(t.id) FILTER (WHERE t.returned_at IS NULL AND t.ends_at > now()) AS open,
    coalesce(g.not_before > now(), false) AS paused,
    CASE WHEN g.requests_until > now() THEN g.left_requests END AS left_requests,
    CASE WHEN g.tokens_until > now() THEN g.left_tokens END AS left_tokens
FROM unnest(%s::text[], %s::interval[]) AS l (provider, span) JOIN agents_providergate g USING (provider)
LEFT JOIN agents_providertake t ON t.provider = g.provider
    AND (t.taken_at >= now() - l.span OR t.returned_at IS NULL AND t.ends_at > now())
GROUP BY g.provider
"""


class InPostgres:
    """`Counting` by the functions of agents/sql/functions_limits.sql. Each call is a transaction of its own."""

    def take(self, limits: Limits, ticket: UUID, identity: UUID, tokens: int, priority: int) -> Lease | Wait:
        arguments = [
            limits.provider, ticket, identity, int(priority), tokens, limits.requests, limits.tokens, limits.at_once,
            limits.burst, *map(_interval, (limits.window, LONGEST_CALL, PATIENCE, AGEING)),
        ]  # fmt: skip
        ((granted, seconds, why),) = _rows(TAKE, arguments)
        return Lease(ticket, limits.provider, seconds) if granted else Wait(seconds, why)

    def leave(self, provider: str, ticket: UUID, used: int) -> None:
        _rows("SELECT chenu.provider_leave(%s, %s::bigint)", [ticket, used])

    def obey(self, provider: str, said: Said) -> None:
        values: list[Any] = [provider, None if said.pause is None else _interval(said.pause)]
        for left in (said.requests, said.tokens):
            values += [None, None] if left is None else [left[0], _interval(left[1])]
        _rows(
            "SELECT chenu.provider_obey(%s, %s::interval, %s::bigint, %s::interval, %s::bigint, %s::interval)", values
        )

    def rooms(self, limits: Mapping[str, Limits]) -> dict[str, Room]:
        spans = [_interval(each.window) for each in limits.values()]
        found = {each: Room(of.requests, of.tokens, of.at_once) for each, of in limits.items()}
        rows = _read(ROOMS, [list(limits), spans])  # only looks: nobody waits for it
        for provider, taken, tokens, under_way, paused, left_requests, left_tokens in rows:
            most = limits[provider]
            found[provider] = Room(
                least(most.requests - taken, left_requests, 0 if paused else None) or 0,
                least(None if most.tokens is None else most.tokens - int(tokens), left_tokens),
                most.at_once - under_way,
            )
        return found


def _interval(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _rows(sql: str, arguments: list[Any]) -> list[tuple[Any, ...]]:
    if connection.in_atomic_block:
        raise RuntimeError("limits are counted outside a transaction: others would wait for its end")
    return _read(sql, arguments)


def _read(sql: str, arguments: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()
