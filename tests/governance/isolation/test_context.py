"""Who is bound, where, and for how long; and the one way past it (design 2.3, 3.2)."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, ProgrammingError, connection, transaction
from uuid_utils.compat import uuid7

from governance.errors import NoIdentity
from governance.isolation.context import (
    Channel,
    Why,
    bind,
    current,
    current_or_none,
    reading,
    system_reason,
    system_scope,
)
from governance.models import ChainHead
from governance.models import IdempotencyRecord as Record
from governance.perform import perform
from spheres.models import Capture
from tests.cast import Person
from tests.governance.isolation.walls import record, unsaved


def told() -> str | None:
    """The identity that the database believes is acting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting('chenu.identity', true), '')")
        return cursor.fetchone()[0]


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_nobody_is_bound_until_a_door_binds() -> None:
    assert current_or_none() is None
    with pytest.raises(NoIdentity):
        current()


def test_a_binding_ends_with_its_block_even_by_an_exception(alice: Person, charlie: Person) -> None:
    with alice.acting() as outer:
        with pytest.raises(ZeroDivisionError), charlie.acting():
            1 / 0  # noqa: B018
        assert current() is outer
        with bind(None):
            assert current_or_none() is None
        assert current() is outer
    assert current_or_none() is None


def test_the_bound_context_cannot_be_altered(alice: Person) -> None:
    with alice.acting() as context, pytest.raises(FrozenInstanceError):
        context.identity_id = uuid7()


def test_acting_through_an_agent_keeps_person_and_identity(alice: Person) -> None:
    run = uuid7()
    through = alice.context().through("NOVA", run)
    assert (through.person_id, through.identity_id) == (alice.user.pk, alice.identity.pk)
    assert (through.channel, through.agent, through.run_id) == (Channel.AGENT, "NOVA", run)


def test_a_transaction_knows_from_its_begin_who_acts(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        assert told() == str(alice.identity.pk)
    with transaction.atomic():
        assert told() is None


def test_binding_inside_an_open_transaction_tells_the_database_and_takes_it_back(
    alice: Person, charlie: Person
) -> None:
    with transaction.atomic():
        with alice.acting():
            assert told() == str(alice.identity.pk)
            with charlie.acting():
                assert told() == str(charlie.identity.pk)
            assert told() == str(alice.identity.pk)
        assert told() is None


def test_a_binding_around_a_rolled_back_savepoint_is_still_told(alice: Person, charlie: Person) -> None:
    with alice.acting(), transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic(), charlie.acting():
            assert told() == str(charlie.identity.pk)
            1 / 0  # noqa: B018
        assert told() == str(alice.identity.pk)


def test_leaving_a_binding_does_not_hide_what_broke_the_transaction(alice: Person, charlie: Person) -> None:
    with pytest.raises(ProgrammingError, match="no_such_table"), alice.acting(), transaction.atomic():
        with charlie.acting(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")


def test_a_reading_transaction_cannot_write(alice: Person) -> None:
    with alice.acting(), pytest.raises(DatabaseError, match="read-only"), reading():
        unsaved().save(force_insert=True)
    with alice.acting(), pytest.raises(DatabaseError), reading(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SET TRANSACTION READ WRITE")
    with alice.acting(), transaction.atomic():
        unsaved().save(force_insert=True)


def test_reading_inside_a_write_changes_nothing(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        with reading():
            unsaved().save(force_insert=True)
        unsaved().save(force_insert=True)
    with alice.looking():
        assert Record.objects.count() == 2


def test_the_next_transaction_of_a_pooled_connection_knows_nobody(alice: Person) -> None:
    row = record(alice)
    with alice.looking():
        assert Record.objects.get().pk == row.pk
        first = connection.connection.info.backend_pid
    served: set[int] = set()
    for _ in range(100):
        connection.close()
        with transaction.atomic(), connection.cursor() as cursor:
            served.add(connection.connection.info.backend_pid)
            assert (told(), role()) == (None, "chenu_app")
            with pytest.raises(DatabaseError, match="no identity is bound"):
                cursor.execute("SELECT * FROM governance_idempotencyrecord")
            transaction.set_rollback(True)
        if first in served:
            break
    assert first in served, "the pool should hand the same connection out again"


def test_without_a_transaction_the_database_shows_nothing_either(alice: Person) -> None:
    record(alice)
    with alice.acting(), pytest.raises(DatabaseError, match="no identity is bound"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM governance_idempotencyrecord")


def test_the_system_scope_sees_all_identities_and_ends(alice: Person, charlie: Person) -> None:
    rows = {record(alice).pk, record(charlie).pk}
    with system_scope(Why.VERIFY):
        assert (role(), system_reason()) == ("chenu_system", Why.VERIFY)
        assert set(Record.objects.filter(pk__in=rows).values_list("pk", flat=True)) == rows
    assert (role(), system_reason()) == ("chenu_app", None)


def test_a_system_scope_inside_a_transaction_gives_the_role_back(alice: Person, charlie: Person) -> None:
    foreign = record(charlie)
    with alice.looking():
        with system_scope(Why.WHO_OWNS):
            assert Record.objects.filter(pk=foreign.pk).exists()
        assert (role(), told()) == ("chenu_app", str(alice.identity.pk))
        assert not Record.objects.filter(pk=foreign.pk).exists()


def test_an_exception_in_a_nested_system_scope_restores_the_role(alice: Person) -> None:
    with alice.looking():
        with pytest.raises(ZeroDivisionError), system_scope(Why.WHO_OWNS):
            1 / 0  # noqa: B018
        assert (role(), system_reason()) == ("chenu_app", None)
        with pytest.raises(ProgrammingError), system_scope(Why.WHO_OWNS), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        assert (role(), system_reason()) == ("chenu_app", None)


def test_a_system_scope_inside_another_leaves_the_outer_one_standing(alice: Person, charlie: Person) -> None:
    rows = {record(alice).pk, record(charlie).pk}
    with system_scope(Why.SWEEP):
        with system_scope(Why.WHO_OWNS):
            assert role() == "chenu_system"
        assert (role(), system_reason()) == ("chenu_system", Why.SWEEP)
        assert Record.objects.filter(pk__in=rows).count() == 2
    assert (role(), system_reason()) == ("chenu_app", None)


def test_a_system_scope_in_a_get_cannot_write(alice: Person) -> None:
    with alice.acting(), pytest.raises(DatabaseError, match="read-only"), reading(), system_scope(Why.WHO_OWNS):
        unsaved(identity_id=alice.identity.pk).save(force_insert=True)


def test_a_new_thread_knows_nobody(alice: Person) -> None:
    found: list[Any] = []
    with alice.acting():
        thread = threading.Thread(target=lambda: found.append(current_or_none()))
        thread.start()
        thread.join()
    assert found == [None]


def seen() -> set[UUID]:
    """What a transaction of this thread sees: by the ORM, and by plain SQL."""
    try:
        with reading(), connection.cursor() as cursor:
            by_orm = set(Record.objects.values_list("identity_id", flat=True))
            cursor.execute("SELECT identity_id FROM governance_idempotencyrecord")
            return by_orm | {row[0] for row in cursor.fetchall()}
    finally:
        connection.close()


@pytest.fixture
def four(alice: Person, charlie: Person, workshop: Any) -> list[Any]:
    """Four contexts of three people, each with a row of its own."""
    from tests.cast import make_workshop

    second = make_workshop(charlie)
    for person, identity in ((alice, None), (alice, workshop), (charlie, None), (charlie, second)):
        record(person, identity)
    return [alice.context(), alice.context(workshop), charlie.context(), charlie.context(second)]


@pytest.mark.parametrize("thread_sensitive", [True, False])
def test_a_thousand_interleaved_tasks_leak_nothing(four: list[Any], thread_sensitive: bool) -> None:
    tally: Counter[str] = Counter()
    look = sync_to_async(seen, thread_sensitive=thread_sensitive)

    async def one(number: int) -> None:
        context = four[number % 4]
        with bind(context):
            await asyncio.sleep(random.random() / 100)
            found = await look()
            tally["right" if found == {context.identity_id} else "leaked"] += 1
            tally["kept" if current() is context else "lost"] += 1

    async def everybody() -> None:
        await asyncio.gather(*(one(number) for number in range(1000)))

    asyncio.run(everybody())
    assert tally == {"right": 1000, "kept": 1000}


def test_many_threads_that_change_identity_leak_nothing(four: list[Any]) -> None:
    tally: Counter[str] = Counter()

    def work() -> None:
        for _ in range(100):
            context = random.choice(four)
            with bind(context):
                tally["right" if seen() == {context.identity_id} else "leaked"] += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally == {"right": 800}


def test_what_is_read_together_is_of_one_moment(alice: Person) -> None:
    """A page whose last number were younger than what it shows would never hear of the difference."""

    def capture() -> None:
        with alice.acting():
            perform("spheres.capture.create", {"content": "Meanwhile", "sphere": "personal"})
        connection.close()

    with alice.looking():
        before = Capture.objects.count(), ChainHead.objects.get().event_seq
        with ThreadPoolExecutor(1) as other:
            other.submit(capture).result()
        assert (Capture.objects.count(), ChainHead.objects.get().event_seq) == before
    with alice.looking():
        assert (Capture.objects.count(), ChainHead.objects.get().event_seq) == (before[0] + 1, before[1] + 1)
