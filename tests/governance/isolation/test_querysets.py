"""Wall 1: every way of reading a scoped model sees the bound identity only (design 3.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import models, transaction

from governance.errors import NoIdentity, NoTransaction
from governance.isolation.context import reading
from governance.models import IdempotencyRecord as Record
from governance.models import Identity
from tests.cast import Person, make_person
from tests.governance.isolation.walls import record, without_wall

BUILT_AT_IMPORT = Record.objects.all()


class InAClassBody:
    rows = Record.objects.filter(status=201)


async def _collect(rows: Any) -> list[Any]:
    return [row async for row in rows]


def _ids(rows: Any) -> set[Any]:
    return {row.pk for row in rows}


everything = Record.objects.all
READS: dict[str, Callable[[], set[Any]]] = {
    "all": lambda: _ids(everything()),
    "or": lambda: _ids(everything() | everything()),
    "or with a narrower one": lambda: _ids(Record.objects.filter(status=1) | everything()),
    "and": lambda: _ids(everything() & Record.objects.filter(status=201)),
    "xor": lambda: _ids(Record.objects.filter(status=1) ^ everything()),
    "xor of three": lambda: _ids(everything() ^ everything() ^ everything()),
    "exclude": lambda: _ids(Record.objects.exclude(status=1)),
    "a negated condition": lambda: _ids(Record.objects.filter(~models.Q(status=1) | models.Q(status=2))),
    "union": lambda: _ids(everything().union(everything())),
    "union all": lambda: _ids(everything().union(everything(), all=True)),
    "intersection": lambda: _ids(everything().intersection(everything())),
    "difference": lambda: _ids(everything().difference(Record.objects.filter(status=1))),
    "built at import": lambda: _ids(BUILT_AT_IMPORT.all()),
    "built in a class body": lambda: _ids(InAClassBody.rows.all()),
    "iterator": lambda: _ids(everything().iterator(chunk_size=1)),
    "the base manager": lambda: _ids(Record._base_manager.all()),
    "the default manager": lambda: _ids(Record._default_manager.all()),
    "values": lambda: {row["id"] for row in Record.objects.values("id")},
    "values_list": lambda: set(Record.objects.values_list("id", flat=True)),
    "only": lambda: _ids(Record.objects.only("id")),
    "defer of the identity": lambda: _ids(Record.objects.defer("identity")),
    "in_bulk": lambda: set(Record.objects.in_bulk()),
    "distinct": lambda: _ids(Record.objects.order_by("id").distinct("id")),
    "reverse and slice": lambda: _ids(Record.objects.newest_first()[:50]),
    "select_related": lambda: _ids(Record.objects.select_related("identity")),
    "prefetch_related": lambda: _ids(Record.objects.prefetch_related("identity")),
    "a sub-query": lambda: _ids(Record.objects.filter(pk__in=everything().values("pk"))),
    "an annotation by sub-query": lambda: _ids(
        Record.objects.annotate(other=models.Subquery(everything().values("pk")[:1])).filter(other__isnull=False)
    ),
    "extra": lambda: _ids(Record.objects.extra(where=["1 = 1"])),
    "dates": lambda: _ids(Record.objects.filter(created_at__date__in=Record.objects.dates("created_at", "day"))),
    "asynchronous iteration": lambda: _ids(async_to_sync(_collect)(everything())),
}


_people: list[Person] = []


@pytest.fixture
def alice(db: None) -> Person:
    """One Alice for the whole module, which only reads; so is Charlie."""
    if not _people:
        _people.extend([make_person("Alice"), make_person("Charlie")])
        _rows.extend(record(person) for person in _people)
    return _people[0]


_rows: list[Record] = []


@pytest.fixture
def charlie(alice: Person) -> Person:
    return _people[1]


@pytest.fixture
def rows(alice: Person) -> tuple[Record, Record]:
    """One row of Alice and one of Charlie."""
    return _rows[0], _rows[1]


@pytest.mark.parametrize("name", list(READS))
def test_every_read_sees_the_bound_identity_only(name: str, rows: tuple[Record, Record], alice: Person) -> None:
    with alice.looking():
        assert READS[name]() == {rows[0].pk}


def test_the_three_walls_are_what_keeps_each_read_inside(rows: tuple[Record, Record], alice: Person) -> None:
    """Twin: with filter, row check and policy gone, the same reads do leak, each of them."""
    both = {rows[0].pk, rows[1].pk}
    with without_wall("policy"), without_wall("rows"), without_wall("manager"), alice.looking():
        assert [name for name, read in READS.items() if not both <= read()] == []


@pytest.mark.parametrize("left", ["manager", "policy"])
def test_each_wall_alone_keeps_every_read_inside(left: str, rows: tuple[Record, Record], alice: Person) -> None:
    """Twin: the filter without the policy, and the policy without the filter."""
    gone = {"manager": "policy", "policy": "manager"}[left]
    with without_wall(gone), without_wall("rows"), alice.looking():
        assert [name for name, read in READS.items() if read() != {rows[0].pk}] == []


def test_counting_and_aggregating_stay_inside(rows: tuple[Record, Record], alice: Person) -> None:
    with alice.looking():
        assert Record.objects.count() == 1
        assert Record.objects.aggregate(total=models.Sum("status"))["total"] == 201
        assert Record.objects.filter(pk=rows[1].pk).count() == 0


def test_asking_whether_a_foreign_row_exists_says_no(rows: tuple[Record, Record], alice: Person) -> None:
    with alice.looking():
        assert Record.objects.filter(pk=rows[1].pk).exists() is False
        assert Record.objects.filter(pk=rows[0].pk).exists() is True
        assert Record.objects.filter(pk=rows[0].pk).contains(rows[1]) is False
        assert Record.objects.filter(pk=rows[1].pk).first() is None
        with pytest.raises(Record.DoesNotExist):
            Record.objects.get(pk=rows[1].pk)
        assert list(Record.objects.in_bulk([rows[0].pk, rows[1].pk])) == [rows[0].pk]


def test_explain_is_filtered_and_refuses_like_a_read(rows: tuple[Record, Record], alice: Person) -> None:
    with alice.looking():
        assert str(alice.identity.pk) in Record.objects.all().explain()
    with pytest.raises(NoIdentity):
        Record.objects.all().explain()


def test_a_related_row_is_not_reached_by_key_traversal(rows: tuple[Record, Record], alice: Person) -> None:
    """`refresh_from_db` and deferred fields go through the base manager, which filters too."""
    with alice.looking(), pytest.raises(Record.DoesNotExist):
        rows[1].refresh_from_db()


def test_asynchronous_reads_are_filtered_and_refuse(rows: tuple[Record, Record], alice: Person) -> None:
    async def asks() -> tuple[bool, int]:
        mine = Record.objects.filter(pk=rows[0].pk)
        return await mine.aexists(), await mine.acount()

    async def walks() -> list[Any]:
        return [row async for row in Record.objects.all()]

    with pytest.raises(NoIdentity):
        async_to_sync(asks)()
    with pytest.raises(NoIdentity):
        async_to_sync(walks)()
    with alice.acting(), pytest.raises(NoTransaction):
        async_to_sync(walks)()
    with alice.looking():
        assert async_to_sync(asks)() == (True, 1)
        assert _ids(async_to_sync(walks)()) == {rows[0].pk}


REFUSED: dict[str, Callable[[], Any]] = {
    "iteration": lambda: list(Record.objects.all()),
    "exists": lambda: Record.objects.exists(),
    "count": lambda: Record.objects.count(),
    "first": lambda: Record.objects.first(),
    "get": lambda: Record.objects.get(),
    "in_bulk": lambda: Record.objects.in_bulk(),
    "explain": lambda: Record.objects.all().explain(),
    "aggregate": lambda: Record.objects.aggregate(models.Max("status")),
    "iterator": lambda: list(Record.objects.iterator()),
    "or": lambda: list(Record.objects.all() | Record.objects.all()),
    "union": lambda: list(Record.objects.all().union(Record.objects.all())),
    "update": lambda: Record.objects.update(status=1),
    "delete": lambda: Record.objects.all().delete(),
    "create": lambda: record_without_identity(),
    "bulk_create": lambda: Record.objects.bulk_create([Record(status=1)]),
    "the SQL as text": lambda: str(Record.objects.all().query),
    "built at import": lambda: list(BUILT_AT_IMPORT.all()),
    "a sub-query of an unscoped model": lambda: list(Identity.objects.filter(pk__in=Record.objects.values("identity"))),
}


def record_without_identity() -> Record:
    return Record.objects.create(scope="x", fingerprint="f", status=1, answer=b"")


@pytest.mark.parametrize("name", list(REFUSED))
def test_without_an_identity_everything_is_refused(name: str, alice: Person) -> None:
    with transaction.atomic(), pytest.raises(NoIdentity):
        REFUSED[name]()


# A deletion and a bulk insertion open a transaction of their own, which is bound like any other.
@pytest.mark.parametrize("name", [name for name in REFUSED if name not in {"create", "bulk_create", "delete"}])
def test_outside_a_transaction_everything_is_refused(name: str, alice: Person) -> None:
    with alice.acting(), pytest.raises(NoTransaction):
        REFUSED[name]()


def test_one_queryset_object_follows_the_identity_that_is_bound_when_it_runs(
    rows: tuple[Record, Record], alice: Person, charlie: Person
) -> None:
    with alice.acting(), reading():
        shared = Record.objects.filter(status=201)
        assert _ids(shared.all()) == {rows[0].pk}
    with charlie.acting(), reading():
        assert _ids(shared.all()) == {rows[1].pk}
