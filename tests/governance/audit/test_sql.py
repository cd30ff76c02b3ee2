"""The log in the database: one function writes it, nobody changes it (design 3.5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from governance.audit.entries import SYSTEM_CHAIN, Draft, News, append, body, sealed_payload
from governance.errors import AuditUnavailable
from governance.isolation.context import Why, system_scope
from governance.models import AuditEntry, ChainHead, Event
from tests.cast import Person
from tests.governance.audit.chains import grow, verified
from tests.governance.isolation.walls import superuser

AUDIT, EVENT, HEAD = "governance_auditentry", "governance_event", "governance_chainhead"
APPEND = "SELECT * FROM chenu.audit_append(%s, %s::bytea[], %s::bytea[], %s::jsonb[])"


def sql(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def entry(person: Person) -> tuple[list[bytes], list[bytes]]:
    sealed, commit = sealed_payload(person.identity.pk, {})
    return [body(Draft("test.entry.write", "READ", "allowed"), person.context(), commit)], [sealed]


@pytest.mark.parametrize("table", [AUDIT, EVENT, HEAD])
@pytest.mark.parametrize("role", ["chenu_app", "chenu_system"])
@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO {} SELECT * FROM {}", "UPDATE {} SET seq = seq", "DELETE FROM {}", "TRUNCATE {}", "LOCK TABLE {}"],
)
def test_the_applications_roles_cannot_touch_it(table: str, role: str, statement: str, alice: Person) -> None:
    with alice.acting(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        if role == "chenu_system":
            sql("SET LOCAL ROLE chenu_system")
        sql(statement.format(table, table))


@pytest.mark.parametrize("table", [AUDIT, EVENT])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET seq = seq WHERE identity_id = %s", "DELETE FROM {} WHERE identity_id = %s"]
)
def test_even_the_owner_cannot_change_or_delete_a_row(
    table: str, statement: str, alice: Person, charlie: Person
) -> None:
    alice.api.post(f"auth/identities/{charlie.identity.pk}/activate/")
    with superuser(autocommit=False) as admin:
        admin.execute("SET ROLE chenu_owner")
        with pytest.raises(Exception, match="this table only grows"):
            admin.execute(statement.format(table), [alice.identity.pk])
        admin.rollback()


@pytest.mark.parametrize("table", [AUDIT, EVENT])
def test_even_the_owner_cannot_truncate(table: str, db: None) -> None:
    with superuser(autocommit=False) as admin:
        admin.execute("SET ROLE chenu_owner")
        with pytest.raises(Exception, match="this table only grows"):
            admin.execute(f"TRUNCATE {table} CASCADE")
        admin.rollback()


def test_without_the_trigger_the_owner_could(alice: Person) -> None:
    """Twin."""
    with superuser(autocommit=False) as admin:
        admin.execute(f"DROP TRIGGER chenu_append_only ON {AUDIT}")
        admin.execute("SET ROLE chenu_owner")
        assert admin.execute(f"DELETE FROM {AUDIT} WHERE identity_id = %s", [alice.identity.pk]).rowcount == 1
        admin.rollback()


def test_the_model_refuses_too(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        row = AuditEntry.objects.first()
    with alice.acting(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        AuditEntry.objects.update(outcome="allowed")
    with alice.acting(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        row.delete()
    with alice.acting(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ChainHead.objects.update(seq=0)


def test_the_function_refuses_another_identitys_chain(alice: Person, charlie: Person) -> None:
    with alice.acting(), transaction.atomic():
        bodies, payloads = entry(alice)
    for chain in (charlie.identity.pk, SYSTEM_CHAIN):
        with (
            alice.acting(),
            pytest.raises(DatabaseError, match="this chain belongs to another identity"),
            transaction.atomic(),
        ):
            sql(APPEND, [chain, bodies, payloads, []])


def test_the_function_refuses_when_nobody_is_bound(alice: Person) -> None:
    with pytest.raises(DatabaseError, match="no identity is bound"), transaction.atomic():
        sql(APPEND, [alice.identity.pk, [], [], []])
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(APPEND, [None, [], [], []])


def test_the_system_may_write_its_own_chain_and_anybodys(alice: Person) -> None:
    with system_scope(Why.RECORD_REFUSAL):
        append(SYSTEM_CHAIN, None, [Draft("test.entry.write", "READ", "allowed")], [])
        append(alice.identity.pk, None, [Draft("test.entry.write", "READ", "allowed")], [])
    assert verified(alice, payloads=True).ok


@pytest.mark.parametrize(
    ("bodies", "payloads", "events"),
    [
        ([b"{}"], [], []),
        ([], [b"x"], []),
        ([b"{}"], [b"x"], []),
        ([b"no json"], [b"x"], []),
        ([b"\xff"], [b"x"], []),
        ([None], [b"x"], []),
        ([], [], ["{}"]),
        ([], [], ["[]"]),
    ],
)
def test_a_malformed_entry_is_refused_and_the_head_stays(
    bodies: list[Any], payloads: list[Any], events: list[str], alice: Person
) -> None:
    before = verified(alice)
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        sql(APPEND, [alice.identity.pk, bodies, payloads, events])
    assert verified(alice) == before


def test_the_same_entry_twice_is_refused(alice: Person) -> None:
    with alice.acting(), transaction.atomic():
        bodies, payloads = entry(alice)
        sql(APPEND, [alice.identity.pk, bodies, payloads, []])
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic():
        sql(APPEND, [alice.identity.pk, bodies, payloads, []])
    assert verified(alice).ok


def test_a_temporary_table_cannot_stand_in_for_the_log(alice: Person) -> None:
    """It would come first on the search path of a careless function, and an act would leave no entry."""
    with alice.acting(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        sql(f"CREATE TEMP TABLE {AUDIT} (LIKE public.{AUDIT})")
    with superuser() as admin:
        settings = admin.execute("SELECT proconfig FROM pg_proc WHERE proname = 'audit_append'").fetchone()
    assert settings == (["search_path=pg_catalog, public, pg_temp"],)


def test_sequences_of_entries_and_events_have_no_gap_after_a_roll_back(alice: Person) -> None:
    with alice.acting(), pytest.raises(ZeroDivisionError), transaction.atomic():
        append(alice.identity.pk, alice.context(), [Draft("test.entry.write", "READ", "allowed")], [News("test.news")])
        1 / 0  # noqa: B018
    with alice.acting(), transaction.atomic():
        last = append(
            alice.identity.pk,
            alice.context(),
            [Draft("test.entry.write", "READ", "allowed")] * 2,
            [News("test.news"), News("test.more", data={"a": 1})],
        )
    with alice.looking():
        seqs = list(AuditEntry.objects.in_order().values_list("seq", flat=True))
        news = list(Event.objects.after(0).values_list("seq", "kind"))
    assert seqs == list(range(1, last[0] + 1))
    assert [seq for seq, _ in news] == list(range(1, last[1] + 1))
    assert [kind for _, kind in news][-2:] == ["test.news", "test.more"]


def test_an_entry_that_cannot_be_written_is_audit_unavailable(alice: Person) -> None:
    draft = Draft("test.entry.write", "X" * 10, "allowed")
    with alice.acting(), pytest.raises(AuditUnavailable), transaction.atomic():
        append(alice.identity.pk, alice.context(), [draft], [])
    with alice.acting(), pytest.raises(AuditUnavailable), transaction.atomic():
        append(alice.identity.pk, alice.context(), [], [News("nul \x00")])


def test_many_entries_of_one_unit_follow_one_another(alice: Person) -> None:
    grow(alice, 3)
    with alice.acting(), transaction.atomic():
        append(alice.identity.pk, alice.context(), [Draft("test.entry.write", "READ", "allowed")] * 200, [])
    report = verified(alice, payloads=True)
    assert (report.ok, report.entries) == (True, 204)
