"""Hints leave behind the commit, in its message: never before it, never without it, and never instead of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from governance.live.notify import hint
from governance.models import IdempotencyRecord as Record
from tests.cast import Person
from tests.governance.isolation.walls import superuser, unsaved
from threads.models import Message

CHANNEL = "chenu_tests"


@pytest.fixture
def ear(db: None) -> Iterator[psycopg.Connection]:
    with superuser() as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        yield listening


def heard(ear: psycopg.Connection) -> list[str]:
    return [note.payload for note in ear.notifies(timeout=0.3)]


def test_equal_hints_of_a_transaction_come_once_with_its_commit(alice: Person, ear: psycopg.Connection) -> None:
    with alice.acting(), CaptureQueriesContext(connection) as captured, transaction.atomic():
        row = unsaved()
        row.save(force_insert=True)
        for payload in ("it's", "it's", "two"):
            hint(CHANNEL, payload)
        assert heard(ear) == []
    assert heard(ear) == ["it's", "two"]
    assert [query["sql"][:6] for query in captured.captured_queries] == ["BEGIN", "INSERT", "COMMIT"]


def test_outside_a_transaction_a_hint_leaves_at_once(ear: psycopg.Connection) -> None:
    hint(CHANNEL, "now")
    assert heard(ear) == ["now"]


def test_what_is_rolled_back_is_never_hinted_at(alice: Person, ear: psycopg.Connection) -> None:
    with alice.acting():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            hint(CHANNEL, "lost")
            raise ZeroDivisionError
        with transaction.atomic():
            unsaved().save(force_insert=True)
    assert heard(ear) == []


def test_a_commit_that_is_refused_is_an_error_and_not_hinted_at(alice: Person, ear: psycopg.Connection) -> None:
    """The key to a thread that does not exist is checked at the commit."""
    orphan = Message(thread_id=uuid7(), content="x", author_kind="person")
    with alice.acting(), pytest.raises(IntegrityError), transaction.atomic():
        orphan.save(force_insert=True)
        hint(CHANNEL, "never")
    assert heard(ear) == []
    with alice.looking():
        assert not Message.objects.filter(pk=orphan.pk).exists()


def test_a_hint_that_cannot_be_sent_is_logged_and_the_change_stands(
    alice: Person, ear: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    row = unsaved()
    with caplog.at_level(logging.WARNING, logger="chenu.live"), alice.acting(), transaction.atomic():
        row.save(force_insert=True)
        hint(CHANNEL, "x" * 8_001)
    assert "a hint was lost" in caplog.text
    with alice.looking():
        assert Record.objects.filter(pk=row.pk).exists()
