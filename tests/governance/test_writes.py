"""What waits for the end of a unit of work is written as it is then, in one message with the log, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from governance.errors import Conflict, IdentityBoundary, NotThere
from governance.jobs.models import Job
from governance.models import IdempotencyRecord as Record
from governance.perform import perform
from governance.uow import UnitOfWork, unit_of_work
from tests.cast import Person
from tests.governance.acts import Note, declared, entries_of
from tests.governance.isolation.walls import record, unsaved

AWKWARD = "l’été; DROP TABLE x; -- %s %% \\ ' \" $1 \n 😀"


def kept(person: Person) -> dict[Any, str]:
    with person.looking():
        return dict(Record.objects.values_list("pk", "fingerprint"))


def test_rows_are_written_at_the_end_with_the_values_they_have_then(alice: Person) -> None:
    first, second = unsaved(fingerprint="early"), unsaved(fingerprint=AWKWARD, answer=b"\x00\xff'%s")
    with alice.acting(), unit_of_work() as uow:
        uow.add(first, second)
        assert Record.objects.count() == 0
        first.fingerprint = "late"
    assert kept(alice) == {first.pk: "late", second.pk: AWKWARD}
    with alice.looking():
        assert bytes(Record.objects.get(pk=second.pk).answer) == b"\x00\xff'%s"


def test_a_changed_row_is_updated_once_and_only_in_the_named_columns(alice: Person) -> None:
    row = record(alice)
    with alice.acting(), CaptureQueriesContext(connection) as captured, unit_of_work() as uow:
        mine = uow.lock(Record, row.pk)
        assert uow.lock(Record, row.pk) is mine
        mine.fingerprint, mine.status = "changed", 500
        uow.change(mine, "fingerprint")
        uow.change(mine, "fingerprint")
    assert sum("UPDATE" in query["sql"].split("FOR NO KEY")[0] for query in captured.captured_queries) == 1
    with alice.looking():
        again = Record.objects.get(pk=row.pk)
    assert (again.fingerprint, again.status) == ("changed", 201)


def test_rows_and_their_log_travel_in_one_message(alice: Person) -> None:
    def change(uow: UnitOfWork, params: Note) -> Record:
        row = unsaved()
        uow.add(row)
        return row

    with declared("test.note.add", change) as name, alice.acting(), CaptureQueriesContext(connection) as captured:
        perform(name, {})
    messages = [query["sql"] for query in captured.captured_queries]
    together = ("idempotencyrecord", "governance_verdict", "audit_append")
    assert [sum(word in text for word in together) for text in messages] == [0, 0, 0, 0, 3, 0]


def test_a_row_that_nobody_has_any_more_takes_everything_back(alice: Person) -> None:
    row, other = record(alice), unsaved()
    with alice.acting(), pytest.raises(DatabaseError, match="0 rows instead of 1"), unit_of_work() as uow:
        uow.add(other)
        gone = uow.lock(Record, row.pk)
        Record.objects.filter(pk=row.pk).delete()
        uow.change(gone, "fingerprint")
    assert kept(alice) == {row.pk: "f"}


def test_a_row_of_another_identity_is_neither_added_nor_changed_nor_locked(alice: Person, charlie: Person) -> None:
    foreign = record(charlie)
    planted = unsaved(identity_id=charlie.identity.pk)
    for attempt in (
        lambda uow: uow.add(planted),
        lambda uow: uow.change(foreign, "fingerprint"),
        lambda uow: uow.lock(Record, foreign.pk),
    ):
        with alice.acting(), pytest.raises(IdentityBoundary), unit_of_work() as uow:
            attempt(uow)
    with alice.acting(), pytest.raises(NotThere), unit_of_work() as uow:
        uow.lock(Record, uuid7())
    assert kept(charlie) == {foreign.pk: "f"}


def test_a_row_that_clashes_is_its_own_fault_and_not_the_logs(alice: Person) -> None:
    row, entries = record(alice), len(entries_of(alice))

    def clash(uow: UnitOfWork, params: Note) -> None:
        uow.add(unsaved(scope=row.scope))

    with declared("test.note.clash", clash) as name, alice.acting(), pytest.raises(IntegrityError):
        perform(name, {})
    assert (len(kept(alice)), len(entries_of(alice))) == (1, entries)


def test_a_refused_change_writes_nothing_that_waited(alice: Person) -> None:
    def half(uow: UnitOfWork, params: Note) -> None:
        uow.add(unsaved())
        raise Conflict("taken")

    with declared("test.note.half", half) as name, alice.acting(), pytest.raises(Conflict):
        perform(name, {})
    assert kept(alice) == {}


def test_an_answer_may_read_what_was_written(alice: Person) -> None:
    def change(uow: UnitOfWork, params: Note) -> Record:
        row = unsaved()
        uow.add(row)
        return row

    with declared("test.note.add", change) as name, alice.acting():
        assert perform(name, {}, render=lambda row: (200, Record.objects.filter(pk=row.pk).count())) == (200, 1)


def test_a_column_that_the_database_fills_is_left_to_it(alice: Person) -> None:
    job = Job(kind="tests.nothing", state="done")
    with alice.acting(), unit_of_work() as uow:
        uow.add(job)
    job.refresh_from_db()
    assert job.created_at is not None
    job.delete()


def test_two_copies_of_one_row_are_not_changed_in_one_unit(alice: Person) -> None:
    """One of them would lose what the other says."""
    row = record(alice)
    with alice.acting(), pytest.raises(ValueError, match="two copies"), unit_of_work() as uow:
        uow.change(uow.lock(Record, row.pk), "fingerprint")
        uow.change(Record.objects.get(pk=row.pk), "status")


def test_only_columns_of_the_row_can_be_changed(alice: Person) -> None:
    row = record(alice)
    with alice.acting(), pytest.raises(ValueError, match="fingerprnt"), unit_of_work() as uow:
        uow.change(uow.lock(Record, row.pk), "fingerprnt")
