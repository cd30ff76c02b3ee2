"""Kinds of jobs that leave a trace which can be counted: one line per effect."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID

from django.db import connection

from governance.errors import Conflict, NotThere
from governance.isolation.context import current_or_none
from governance.jobs.registry import every, job


def trace(object_id: UUID) -> Path:
    folder = Path(os.environ["CHENU_TEST_DIR"]) / "effects"
    folder.mkdir(exist_ok=True)
    return folder / str(object_id)


def effects(object_id: UUID) -> list[str]:
    path = trace(object_id)
    return path.read_text().splitlines() if path.exists() else []


def leave(object_id: UUID | None, text: str) -> None:
    assert object_id
    with open(trace(object_id), "a") as file:
        file.write(f"{text}\n")


@job("tests.write")
def write(object_id: UUID | None) -> None:
    context = current_or_none()
    leave(object_id, f"{context.person_id} {context.identity_id} {context.role} {context.channel}" if context else "-")


@job("tests.short")
def short(object_id: UUID | None) -> None:
    time.sleep(0.05)
    leave(object_id, "done")


@job("tests.slow")
def slow(object_id: UUID | None) -> None:
    leave(object_id, "begun")
    time.sleep(1)
    leave(object_id, "done")


@job("tests.endless")
def endless(object_id: UUID | None) -> None:
    leave(object_id, "begun")
    time.sleep(60)


@job("tests.fail", tries=2)
def fail(object_id: UUID | None) -> None:
    leave(object_id, "begun")
    raise ValueError("with the name of somebody in it")


@job("tests.conflict", tries=2)
def conflict(object_id: UUID | None) -> None:
    leave(object_id, "begun")
    if len(effects(object_id)) == 1:  # type: ignore[arg-type]
        raise Conflict()


@job("tests.missing")
def missing(object_id: UUID | None) -> None:
    leave(object_id, "begun")
    raise NotThere()


@job("tests.ask")
def ask(object_id: UUID | None) -> None:
    """Talks to the database for two seconds, so that an outage meets it at work."""
    for _ in range(20):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
    leave(object_id, "done")


@job("tests.fence")
def fence(object_id: UUID | None) -> None:
    leave(object_id, "done")


@every(1, "tests.pulse")
def pulse(object_id: UUID | None) -> None:
    leave(UUID(int=1), "pulse")
