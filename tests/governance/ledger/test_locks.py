"""Locks of changed rows let others refer to them: keys are checked at the commit, behind the chain head."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from governance.ledger import budget
from governance.outbox.actions import SendMessage, send_message
from governance.perform import perform
from governance.uow import UnitOfWork
from tests.cast import Person


@contextmanager
def open_elsewhere(person: Person, step: Callable[[], Any]) -> Iterator[None]:
    """`step` in a transaction of another connection, which stays open for the block."""
    done, enough = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with person.acting(), transaction.atomic():
                step()
                done.set()
                enough.wait(20)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    done.wait(20)
    try:
        yield
    finally:
        enough.set()
        thread.join()


def impatient() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")


def test_an_account_can_be_opened_below_one_that_reserves(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        sphere = budget.sphere_account("personal")
    with open_elsewhere(alice, lambda: budget.hold(sphere, 1, 0)), alice.acting(), transaction.atomic():
        impatient()
        budget.thread_account(uuid7(), "personal", 100)


def test_a_row_can_be_written_in_a_thread_that_is_locked(alice: Person) -> None:
    from threads.actions.lifecycle import open_thread
    from threads.models import Message

    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Fil", "sphere": "personal"})
    with open_elsewhere(alice, lambda: open_thread(thread.pk)), alice.acting(), transaction.atomic():
        impatient()
        Message.objects.create(thread_id=thread.pk, content="Bonjour", author_kind="person")


def test_a_row_can_be_written_while_the_identity_counts_its_mails(alice: Person) -> None:
    mail = SendMessage(to=["paul@example.com"], subject="Bonjour", body="Bonjour")
    counting = open_elsewhere(alice, lambda: send_message(UnitOfWork(alice.context()), mail))
    with counting, alice.acting(), transaction.atomic():
        impatient()
        budget.sphere_account("business")
