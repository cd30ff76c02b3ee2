"""Wall 3: what the ORM cannot see, the database refuses (design 3.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, models, transaction
from django.db.models import QuerySet

from governance.errors import NoIdentity
from governance.isolation.catalogue import scoped_keys, scoped_models
from governance.models import DataKey, Identity
from governance.models import IdempotencyRecord as Record
from spheres.models import DataSpace
from tests.cast import Person, make_person
from tests.governance.isolation.walls import nobody, record, superuser, without_wall

TABLE = "governance_idempotencyrecord"


_people: list[Person] = []
_rows: list[Record] = []


@pytest.fixture
def alice(db: None) -> Person:
    """One Alice with one row for the whole module; so is Charlie."""
    if not _people:
        _people.extend([make_person("Alice"), make_person("Charlie")])
        _rows.extend(record(person) for person in _people)
    return _people[0]


@pytest.fixture
def charlie(alice: Person) -> Person:
    return _people[1]


@pytest.fixture
def mine(alice: Person) -> Record:
    return _rows[0]


@pytest.fixture
def foreign(alice: Person) -> Record:
    return _rows[1]


def sql(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


UNGUARDED: dict[str, Callable[[], set[Any]]] = {
    "a queryset built by hand": lambda: set(QuerySet(Record).values_list("pk", flat=True)),
    "an or with one built by hand": lambda: set((QuerySet(Record) | Record.objects.all()).values_list("pk", flat=True)),
    "a union with one built by hand": lambda: set(
        Record.objects.values_list("pk", flat=True).union(QuerySet(Record).values_list("pk", flat=True))
    ),
    "a plain manager": lambda: {row.pk for row in plain_manager().all()},
    "raw": lambda: {row.pk for row in Record.objects.raw(f"SELECT * FROM {TABLE}")},
    "a cursor": lambda: {row[0] for row in sql(f"SELECT id FROM {TABLE}")},
    "a cursor with its own condition": lambda: {row[0] for row in sql(f"SELECT id FROM {TABLE} WHERE true OR 1 = 1")},
    "a join written by hand": lambda: {
        row[0] for row in sql(f"SELECT r.id FROM governance_identity i JOIN {TABLE} r ON r.identity_id = i.id")
    },
    "a common table expression": lambda: {row[0] for row in sql(f"WITH t AS (SELECT * FROM {TABLE}) SELECT id FROM t")},
    "a lateral join": lambda: {
        row[0]
        for row in sql(
            f"SELECT r.id FROM governance_identity i, LATERAL (SELECT * FROM {TABLE} x WHERE x.identity_id = i.id) r"
        )
    },
    "returning of an update": lambda: {row[0] for row in sql(f"UPDATE {TABLE} SET status = status RETURNING id")},
    "locking rows": lambda: {row[0] for row in sql(f"SELECT id FROM {TABLE} FOR UPDATE")},
    "copying out": lambda: copied(),
}


def plain_manager() -> Any:
    manager: Any = models.Manager()
    manager.model = Record
    return manager


def copied() -> set[Any]:
    from uuid import UUID

    with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT id FROM {TABLE}) TO STDOUT") as copy:
        return {UUID(row[0]) for row in copy.rows()}


@pytest.mark.parametrize("name", list(UNGUARDED))
def test_the_database_filters_what_the_orm_did_not(name: str, mine: Record, foreign: Record, alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        assert UNGUARDED[name]() == {mine.pk}


@pytest.mark.parametrize("name", list(UNGUARDED))
def test_the_database_refuses_them_all_when_nobody_is_bound(name: str, mine: Record) -> None:
    refusals = (DatabaseError, psycopg.DatabaseError, NoIdentity)
    with pytest.raises(refusals, match="no identity is bound"), transaction.atomic():
        UNGUARDED[name]()


def test_the_policy_is_what_filters_them(mine: Record, foreign: Record, alice: Person) -> None:
    """Twin: with the policy wide open each of them shows the foreign row."""
    with without_wall("policy"), without_wall("rows"), alice.acting(), transaction.atomic():
        assert [name for name, read in UNGUARDED.items() if foreign.pk not in read()] == []


def test_a_join_from_an_unscoped_model_shows_no_foreign_row(mine: Record, foreign: Record, alice: Person) -> None:
    """The hidden reverse name of a scoped key can be written in a filter: the policy must answer."""
    reverse = Record._meta.get_field("identity").remote_field.name
    with alice.acting(), transaction.atomic():
        found = Identity.objects.filter(**{f"{reverse}__pk__in": [mine.pk, foreign.pk]}) if reverse else []
        assert {identity.pk for identity in found} <= {alice.identity.pk}


WRITES = {
    "update": f"UPDATE {TABLE} SET status = 9 WHERE id = %(id)s",
    "delete": f"DELETE FROM {TABLE} WHERE id = %(id)s",
    "merge": f"MERGE INTO {TABLE} t USING (SELECT %(id)s::uuid AS id) s ON t.id = s.id "
    "WHEN MATCHED THEN UPDATE SET status = 9",
}


@pytest.mark.parametrize("name", list(WRITES))
def test_plain_sql_changes_no_foreign_row(name: str, foreign: Record, alice: Person) -> None:
    with alice.acting(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITES[name], {"id": foreign.pk})
        assert cursor.rowcount == 0
    with superuser() as admin:
        assert admin.execute(f"SELECT status FROM {TABLE} WHERE id = %s", [foreign.pk]).fetchone() == (201,)


def test_plain_sql_cannot_insert_for_another_nor_give_a_row_away(mine: Record, alice: Person, charlie: Person) -> None:
    insert = (
        f"INSERT INTO {TABLE} (id, identity_id, scope, fingerprint, status, answer, created_at) "
        "VALUES (gen_random_uuid(), %s, 's', 'f', 1, '', now())"
    )
    with alice.acting(), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        sql(insert, charlie.identity.pk)
    with alice.acting(), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        sql(f"UPDATE {TABLE} SET identity_id = %s WHERE id = %s", charlie.identity.pk, mine.pk)


REFUSED_TO_THE_APPLICATION = {
    "truncate": f"TRUNCATE {TABLE}",
    "disable row-level security": f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
    "drop a policy": f"DROP POLICY chenu_mine ON {TABLE}",
    "make a policy": f"CREATE POLICY mine_too ON {TABLE} TO chenu_app USING (true)",
    "become the owner": "SET ROLE chenu_owner",
    "become a superuser": "SET SESSION AUTHORIZATION chenu",
    "pass the policies": "ALTER ROLE chenu_app BYPASSRLS",
    "skip the triggers": "SET session_replication_role = replica",
    "replace the function": "CREATE OR REPLACE FUNCTION chenu.current_identity() RETURNS uuid "
    "LANGUAGE sql AS 'SELECT gen_random_uuid()'",
    "make a table in public": "CREATE TABLE public.loot (id int)",
    "read a file": "SELECT pg_read_file('/etc/hostname')",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "write the migrations' record": "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
}


@pytest.mark.parametrize("name", list(REFUSED_TO_THE_APPLICATION))
def test_the_application_may_not(name: str, alice: Person) -> None:
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        sql(REFUSED_TO_THE_APPLICATION[name])


def test_switching_row_security_off_makes_reads_fail_instead_of_leak(mine: Record, alice: Person) -> None:
    with alice.acting(), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        sql("SET LOCAL row_security = off")
        sql(f"SELECT * FROM {TABLE}")


def test_the_identity_of_a_transaction_that_is_no_uuid_is_an_error(mine: Record) -> None:
    for value in ("", "x", "' OR true --"):
        with pytest.raises(DatabaseError), transaction.atomic():
            sql("SELECT set_config('chenu.identity', %s, true)", value)
            sql(f"SELECT * FROM {TABLE}")


def test_the_owner_changes_rows_under_forced_security(mine: Record) -> None:
    """FORCE without a policy for the owner would make every data migration change 0 rows without a word."""
    with superuser(autocommit=False) as admin:
        admin.execute("SET ROLE chenu_owner")
        assert admin.execute(f"UPDATE {TABLE} SET status = 9 WHERE id = %s", [mine.pk]).rowcount == 1
        admin.rollback()


def test_a_key_between_scoped_tables_cannot_name_a_foreign_parent(alice: Person, charlie: Person) -> None:
    """The pair is the key: the same refusal for a foreign id and for nobody's, so nothing is revealed."""
    with charlie.acting(), transaction.atomic():
        parent = DataSpace.objects.create(name="Chalet", sphere="personal")
    for parent_id in (parent.pk, nobody()):
        with (
            alice.acting(),
            pytest.raises(IntegrityError, match="si_spheres_dataspace_parent_id"),
            transaction.atomic(),
        ):
            DataSpace.objects.create(name="Annexe", sphere="personal", parent_id=parent_id)


def test_every_scoped_key_is_a_pair_and_no_plain_key_stands_beside_it(db: None) -> None:
    """Replaced, not doubled: a plain key beside the pair would accept, and so reveal, a foreign id."""
    for model in scoped_models():
        plain = sql(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' "
            "AND cardinality(conkey) = 1",
            model._meta.db_table,
        )
        columns = {field.column for field in scoped_keys(model)}
        assert [name for (name,) in plain if any(f"_{column}_" in name for column in columns)] == []


def test_every_unique_constraint_of_a_scoped_table_begins_with_the_identity(db: None) -> None:
    """Otherwise a collision would tell that somebody else holds the value."""
    for model in scoped_models():
        rows = sql(
            "SELECT c.relname, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid "
            "AND a.attnum = i.indkey[0]) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary",
            model._meta.db_table,
        )
        assert [name for name, first in rows if first != "identity_id"] == []


def test_data_keys_of_others_are_invisible_to_the_application(alice: Person, charlie: Person) -> None:
    with alice.acting(), transaction.atomic():
        assert sql("SELECT count(*) FROM governance_datakey WHERE identity_id = %s", charlie.identity.pk) == [(0,)]
        assert DataKey.objects.count() == 1
