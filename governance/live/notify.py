"""The hints that go to the web processes: one NOTIFY each, best effort; a sweep covers a lost one."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import orjson
from django.db import DatabaseError, connection

logger = logging.getLogger("chenu.live")
CHANNEL_NAME = "chenu"
CHECK = "check"
ELSEWHERE = "elsewhere"
ALL = "all"


def notify(identity_id: UUID, seq: int) -> None:
    """Tells the listening processes of events of `identity_id` up to `seq`, once they are committed."""
    hint(CHANNEL_NAME, f"{identity_id} {seq}")


def recheck(person_id: UUID) -> None:
    """Has the sockets of a person looked at now: they signed out, switched, or left an identity.

    Without it the sweep sees the same within seconds.
    """
    hint(CHANNEL_NAME, f"{CHECK} {person_id}")


def elsewhere(person_id: UUID) -> None:
    """Has the sockets of a person told what waits in their other identities. Sent as `recheck` is."""
    hint(CHANNEL_NAME, f"{ELSEWHERE} {person_id}")


def broadcast(kind: str, **data: Any) -> None:
    """Tells every socket of the installation, outside any identity's sequence: so nothing of anybody's in it.

    A lost one costs nothing but time: what is told so can be looked up.
    """
    hint(CHANNEL_NAME, f"{ALL} {orjson.dumps({**data, 'kind': kind}).decode()}")


def hint(channel: str, payload: str) -> None:
    """NOTIFY: at once, or inside a transaction with its commit. A lost hint is logged, never an error."""
    if connection.in_atomic_block:
        connection.hint(channel, payload)  # type: ignore[attr-defined]
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])
    except DatabaseError as error:
        logger.warning("a hint was lost, the sweep will tell: %s", error)


WORDS_CHANNEL = "chenu_words"
MOST_WORD_BYTES = 7_000  # PostgreSQL's payload holds 8 000


def whisper(identity_id: UUID, run_id: UUID, text: str) -> None:
    """Passes on words as a model writes them, to whoever watches the run; they are kept nowhere.

    Called outside a transaction. A lost hint costs nothing: the whole answer is stored when it ends.
    """
    raw = text.encode()
    while raw:
        piece = raw[:MOST_WORD_BYTES].decode(errors="ignore")
        raw = raw[len(piece.encode()) :] if piece else b""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [WORDS_CHANNEL, f"{identity_id} {run_id} {piece}"])
