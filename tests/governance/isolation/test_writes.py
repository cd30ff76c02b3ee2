"""Wall 1 for writes: no instance and no bulk write crosses into another identity (design 2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from governance.errors import IdentityBoundary, NoIdentity, NoTransaction
from governance.isolation.context import Why, system_scope
from governance.models import IdempotencyRecord as Record
from tests.cast import Person
from tests.governance.isolation.walls import record, unsaved, without_wall


@pytest.fixture
def foreign(charlie: Person) -> Record:
    """A row of Charlie, as an instance in hand."""
    return record(charlie)


def kept(row: Record) -> tuple[Any, ...] | None:
    """The row as the database has it, read past the identities."""
    with system_scope(Why.VERIFY):
        return Record.objects.filter(pk=row.pk).values_list("identity_id", "status", "fingerprint").first()


def changed(row: Record, **values: Any) -> Record:
    for name, value in values.items():
        setattr(row, name, value)
    return row


CROSSINGS: dict[str, Callable[[Record], Any]] = {
    "save": lambda row: changed(row, status=9).save(),
    "save of some fields": lambda row: changed(row, status=9).save(update_fields=["status"]),
    "delete": lambda row: row.delete(),
    "bulk_create": lambda row: Record.objects.bulk_create([unsaved(), unsaved(identity_id=row.identity_id)]),
    "bulk_update": lambda row: Record.objects.bulk_update([changed(row, status=9)], ["status"]),
    "create for another": lambda row: Record.objects.create(identity_id=row.identity_id, scope="s", status=9),
    "update of identity": lambda row: Record.objects.update(identity=row.identity_id),
    "update of identity_id": lambda row: Record.objects.update(identity_id=row.identity_id),
    "update of identity by expression": lambda row: Record.objects.update(identity_id=F("id")),
    "update_or_create of identity": lambda row: Record.objects.update_or_create(
        scope="new", defaults={"identity_id": row.identity_id, "status": 9, "answer": b""}
    ),
}


@pytest.mark.parametrize("name", list(CROSSINGS))
def test_a_write_that_crosses_is_refused_and_changes_nothing(name: str, foreign: Record, alice: Person) -> None:
    mine = record(alice)
    before = kept(foreign)
    with alice.acting(), pytest.raises(IdentityBoundary) as refusal, transaction.atomic():
        CROSSINGS[name](foreign)
    assert refusal.value.kind == "scope_violation"
    assert kept(foreign) == before
    assert kept(mine) == (alice.identity.pk, 201, "f")


@pytest.mark.parametrize("name", list(CROSSINGS))
def test_without_an_identity_no_write_is_made(name: str, foreign: Record, alice: Person) -> None:
    before = kept(foreign)
    expected = IdentityBoundary if "update of identity" in name else NoIdentity
    with pytest.raises(expected), transaction.atomic():
        CROSSINGS[name](foreign)
    assert kept(foreign) == before


def test_giving_my_row_away_is_refused(alice: Person, charlie: Person) -> None:
    mine = record(alice)
    with alice.acting(), pytest.raises(IdentityBoundary), transaction.atomic():
        changed(mine, identity_id=charlie.identity.pk).save()
    with alice.acting(), pytest.raises(IdentityBoundary), transaction.atomic():
        Record.objects.bulk_update([changed(mine, identity_id=alice.identity.pk)], ["identity"])
    assert kept(mine) == (alice.identity.pk, 201, "f")


def test_updating_by_a_foreign_id_touches_no_row(foreign: Record, alice: Person) -> None:
    before = kept(foreign)
    with alice.acting(), transaction.atomic():
        assert Record.objects.filter(pk=foreign.pk).update(status=9) == 0
        assert Record.objects.filter(pk=foreign.pk).delete() == (0, {})
        assert Record._base_manager.filter(pk=foreign.pk).update(status=9) == 0
    assert kept(foreign) == before


def test_a_forged_instance_with_a_foreign_id_does_not_overwrite_the_row(foreign: Record, alice: Person) -> None:
    """The instance claims to be Alice's, the id is Charlie's: the update finds nothing, the insert collides."""
    before = kept(foreign)
    forged = unsaved(id=foreign.pk, identity_id=alice.identity.pk)
    with alice.acting(), pytest.raises(IntegrityError), transaction.atomic():
        forged.save()
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        forged.save(force_update=True)
    with alice.acting(), transaction.atomic():
        assert Record.objects.bulk_update([changed(forged, status=9)], ["status"]) == 0
    assert kept(foreign) == before


def test_an_upsert_does_not_overwrite_a_foreign_row(foreign: Record, alice: Person) -> None:
    before = kept(foreign)
    forged = unsaved(id=foreign.pk, status=9)
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        Record.objects.bulk_create(
            [forged], update_conflicts=True, unique_fields=["id"], update_fields=["status", "fingerprint"]
        )
    assert kept(foreign) == before


def test_a_new_row_takes_the_bound_identity_by_itself(alice: Person, workshop: Any) -> None:
    assert record(alice).identity_id == alice.identity.pk
    assert record(alice, workshop).identity_id == workshop.pk
    with alice.acting(workshop), transaction.atomic():
        rows = Record.objects.bulk_create([unsaved(), unsaved()])
    assert [row.identity_id for row in rows] == [workshop.pk, workshop.pk]


def test_saving_outside_a_transaction_is_refused_by_the_database_at_least(alice: Person) -> None:
    with alice.acting(), pytest.raises((NoTransaction, DatabaseError)):
        unsaved().save(force_insert=True)


def test_a_foreign_row_that_reaches_the_orm_is_refused_when_it_is_loaded(foreign: Record, alice: Person) -> None:
    columns = [field.attname for field in Record._meta.concrete_fields]
    values = [getattr(foreign, name) for name in columns]
    with alice.acting(), pytest.raises(IdentityBoundary):
        Record.from_db("default", columns, values)
    with pytest.raises(NoIdentity):
        Record.from_db("default", columns, values)


def test_loading_refuses_even_when_the_database_shows_too_much(foreign: Record, alice: Person) -> None:
    """Twin: without policy and without filter the row check alone stands."""
    with without_wall("policy"), without_wall("manager"), alice.looking(), pytest.raises(IdentityBoundary):
        list(Record.objects.filter(pk=foreign.pk))
    with without_wall("policy"), without_wall("manager"), without_wall("rows"), alice.looking():
        assert [row.pk for row in Record.objects.filter(pk=foreign.pk)] == [foreign.pk]


def test_a_foreign_instance_can_be_saved_only_because_nobody_checked_it(foreign: Record, alice: Person) -> None:
    """Twin: with the instance check gone the next wall (the filter) finds no row to change."""
    before = kept(foreign)
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        super(Record, changed(foreign, status=9)).save_base(force_update=True)
    with without_wall("policy"), without_wall("manager"), alice.acting(), transaction.atomic():
        changed(foreign, status=9).save_base(force_update=True)
    assert before is not None
    assert kept(foreign) == (before[0], 9, before[2])
    assert connection.in_atomic_block is False
