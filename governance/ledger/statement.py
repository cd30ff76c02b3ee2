"""What one month has cost, by sphere, agent, model, member and thread; every figure is a sum of ledger rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise

from governance.errors import NotAllowed
from governance.isolation.context import IdentityContext, current
from governance.ledger.burning import SLACK, id_from
from governance.ledger.models import Account
from governance.ledger.names import names_of_kind
from governance.people.policies import MANAGERS

FIRST_YEAR = 2000
MOST_LINES = 200
MOST_MONTHS = 60
MEMBER = "member"
Names = Callable[[list[str]], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to divide a month: `key` is SQL over the ledger row `e`; `names(keys)` says what keys are called."""

    code: str
    label: str | Promise
    key: str
    names: Names


_dimensions: dict[str, Dimension] = {}


def register_dimension(dimension: Dimension) -> None:
    """Called by the app that knows, when it is ready. `key` is code of ours, never what somebody typed."""
    if _dimensions.setdefault(dimension.code, dimension) is not dimension:
        raise ValueError(f"the dimension {dimension.code} is registered twice")


@dataclass(frozen=True, slots=True)
class Line:
    """`key` is '' for what nobody can attribute, and for the lines that are too many to be listed (`rest`)."""

    key: str
    name: str
    calls: int
    tokens: int
    pico_usd: int
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    code: str
    label: str | Promise
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Statement:
    """`member`: whose requests alone are counted, None for everybody's."""

    month: date
    member: UUID | None
    total: Line
    parts: list[Part]


def may_see(actor: IdentityContext, member: UUID | None) -> bool:
    """Owners and administrators see everybody's; others what they have used themselves."""
    return actor.role in MANAGERS or member == actor.person_id


def statement_of(month: date, member: UUID | None) -> Statement:
    """One month (universal time) of the bound identity, inside a transaction.

    One query, and one for the names of each division.
    """
    if not may_see(current(), member):
        raise NotAllowed()
    sums = _sums(month, member)
    total = next((Line("", "", *row[2:]) for row in sums if row[0] == _code(None)), Line("", "", 0, 0, 0))
    parts = [
        Part(one.code, one.label, _lines(one, [row[1:] for row in sums if row[0] == _code(place)], total))
        for place, one in enumerate(_dimensions.values())
    ]
    return Statement(month, member, total, parts)


def _code(place: int | None) -> int:
    """How `grouping()` tells the rows of one division from those of another, and from the sum of all."""
    every = 2 ** len(_dimensions) - 1
    return every if place is None else every - 2 ** (len(_dimensions) - 1 - place)


def _lines(one: Dimension, rows: list[tuple[str, int, int, int]], total: Line) -> list[Line]:
    keys = [key for key, *_rest in rows if key]
    named = one.names(keys) if keys else {}
    lines = [Line(key, named.get(key, key), calls, tokens, pico) for key, calls, tokens, pico in rows]
    calls = total.calls - sum(line.calls for line in lines)
    tokens = total.tokens - sum(line.tokens for line in lines)
    pico = total.pico_usd - sum(line.pico_usd for line in lines)
    return [*lines, Line("", "", calls, tokens, pico, rest=True)] if calls else lines


def _sums(month: date, member: UUID | None) -> list[tuple[int, str, int, int, int]]:
    """Division, key, calls, tokens, cost; of each division the dearest first, at most `MOST_LINES`."""
    start = datetime.combine(month, datetime.min.time(), UTC)
    end = datetime.combine(after(month), datetime.min.time(), UTC)
    named = [f"k{place}" for place in range(len(_dimensions))]
    keys = [f"coalesce({one.key}, '') AS {name}" for one, name in zip(_dimensions.values(), named, strict=True)]
    only = f"AND {_dimensions[MEMBER].key} = %s" if member is not None else ""
    sql = f"""
        WITH used AS MATERIALIZED (
            SELECT {", ".join(keys)}, e.tokens, e.pico_usd FROM governance_ledgerentry e
            JOIN governance_account root ON root.identity_id = e.identity_id AND root.id = e.account_id
            WHERE e.identity_id = %s AND root.kind = 'identity' AND e.kind = 'settle' AND e.id >= %s AND e.id < %s
              AND e.at >= %s AND e.at < %s {only}),
        sums AS (
            SELECT grouping({", ".join(named)}) AS division, coalesce({", ".join(named)}, '') AS key,
                   count(*) AS calls, coalesce(-sum(tokens), 0)::bigint AS tokens,
                   coalesce(-sum(pico_usd), 0)::bigint AS pico
            FROM used GROUP BY GROUPING SETS ((), {", ".join(f"({name})" for name in named)}))
        SELECT division, key, calls, tokens, pico FROM (
            SELECT sums.*, row_number() OVER (PARTITION BY division ORDER BY tokens DESC, pico DESC, key) AS place
            FROM sums) ranked
        WHERE place <= {MOST_LINES} ORDER BY division, place"""
    params: list[Any] = [current().identity_id, id_from(start - SLACK), id_from(end + SLACK), start, end]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *([str(member)] if member is not None else [])])
        return cursor.fetchall()


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


def months() -> list[date]:
    """The months since the identity's account was opened, the latest first; this one at least."""
    this = this_month()
    opened = Account.objects.filter(kind=Account.Kind.IDENTITY).values_list("pk", flat=True).first()
    first = this if opened is None else datetime.fromtimestamp((opened.int >> 80) / 1000, UTC).date().replace(day=1)
    found = [this]
    while found[-1] > first and len(found) < MOST_MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def thread_names(keys: list[str]) -> dict[str, str]:
    return {ref: name for ref, (name, _url) in names_of_kind(Account.Kind.THREAD, keys).items()}
