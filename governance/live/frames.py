"""From event rows to the texts that sockets carry; each is serialised once (design 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

import orjson

from governance.audit.models import ChainHead
from governance.isolation.context import IdentityContext, Why, bind, reading, system_scope
from governance.live.models import Event
from governance.live.querysets import MOST_REPLAYED

RESET = orjson.dumps({"kind": "reset"}).decode()

Frame = tuple[int, str]


@dataclass(frozen=True, slots=True)
class News:
    """What follows a point of one identity's sequence: its end, and the frames, or None when they are too many."""

    end: int
    frames: list[Frame] | None


def hello(identity_id: UUID, seq: int) -> str:
    """The first frame: as whom one is connected, and how far the sequence has come."""
    return orjson.dumps({"kind": "hello", "identity": identity_id, "seq": seq}).decode()


def frame(row: dict[str, Any]) -> str:
    """One event: its small fields can never pass for the envelope's."""
    envelope = {
        "seq": row["seq"],
        "kind": row["kind"],
        "id": row["object_id"],
        "run": row["run_id"],
        "at": row["at"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return orjson.dumps({**row["data"], **envelope}).decode()


def missed(context: IdentityContext, last_seq: int | None) -> News:
    """What a returning socket has missed after `last_seq`, as its own person (None: nothing)."""
    with bind(context), reading():
        end = end_of(context.identity_id)
        return News(end, []) if last_seq is None else _after(context.identity_id, last_seq, end)


def fresh(positions: Mapping[UUID, int]) -> dict[UUID, News]:
    """The news after each identity's position, for all sockets of this process at once."""
    found = {}
    with system_scope(Why.LIVE):
        for identity_id, position in positions.items():
            rows = _rows(identity_id, position)
            if len(rows) > MOST_REPLAYED:
                found[identity_id] = News(end_of(identity_id), None)
            elif rows:
                found[identity_id] = News(rows[-1][0], rows)
    return found


def ends(identities: list[UUID]) -> dict[UUID, int]:
    """How far each identity's sequence has come."""
    with system_scope(Why.LIVE):
        return dict(ChainHead.objects.filter(identity_id__in=identities).values_list("identity_id", "event_seq"))


def _after(identity_id: UUID, last_seq: int, end: int) -> News:
    if last_seq > end or end - last_seq > MOST_REPLAYED:
        return News(end, None)
    return News(end, [row for row in _rows(identity_id, last_seq) if row[0] <= end])


def _rows(identity_id: UUID, after: int) -> list[Frame]:
    rows = Event.objects.filter(identity_id=identity_id).after(after)
    fields = rows.values("seq", "kind", "object_id", "run_id", "at", "data")[: MOST_REPLAYED + 1]
    return [(row["seq"], frame(row)) for row in fields]


def end_of(identity_id: UUID) -> int:
    """How far one identity's sequence has come, inside a transaction: what a page says it was made at."""
    head = ChainHead.objects.filter(identity_id=identity_id).values_list("event_seq", flat=True).first()
    return head or 0
