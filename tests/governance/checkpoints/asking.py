"""Requests that stop at a checkpoint, for the tests of its edges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.checkpoints.models import Checkpoint
from governance.errors import CheckpointRequired
from governance.models import Membership, Rule
from governance.perform import perform
from tests.cast import Person

MAIL = {"to": ["paul@example.com"], "subject": "Mardi", "body": "À mardi, 10 h."}


def ask(person: Person, identity: Any = None, **changes: Any) -> dict[str, Any]:
    """Asks for an e-mail to leave; returns the checkpoint's public form."""
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", MAIL | changes)
    shown: dict[str, Any] = stopped.value.checkpoint
    return shown


def vote(shown: dict[str, Any], decision: str = "approve", **more: Any) -> dict[str, Any]:
    """The body of a decision on what was shown."""
    return {"decision": decision, "envelope_digest": shown["envelope_digest"], **more}


def status_of(person: Person, shown: dict[str, Any], identity: Any = None) -> str:
    with person.looking(identity):
        return Checkpoint.objects.values_list("status", flat=True).get(pk=shown["id"])


def make_overdue(person: Person, shown: dict[str, Any]) -> None:
    with person.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=shown["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))


def make_rule(person: Person, identity: Any = None, **fields: Any) -> None:
    """A rule of the identity about everything that is sent."""
    with person.acting(identity), transaction.atomic():
        values = {"name": "Envois", "effect": "checkpoint", "author_id": person.user.pk}
        conditions = [{"key": "effect", "op": "eq", "value": "SEND"}]
        Rule.objects.create(**{**values, "conditions": conditions, **fields})


def make_viewer(person: Person, identity: Any) -> None:
    Membership.objects.filter(user=person.user, identity=identity).update(role="viewer")


@contextmanager
def counted() -> Iterator[CaptureQueriesContext]:
    """The queries of the block."""
    with CaptureQueriesContext(connection) as queries:
        yield queries
