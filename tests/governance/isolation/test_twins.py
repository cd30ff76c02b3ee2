"""Each wall taken away once: what it alone holds back becomes visible, so the other tests can go red (design 8.2)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from governance.errors import NoIdentity, NoTransaction
from governance.isolation import context, querysets
from governance.isolation.context import reading
from governance.isolation.postgres.base import DatabaseWrapper
from governance.models import IdempotencyRecord as Record
from tests.cast import Person
from tests.governance.isolation.walls import INHERITED, record, superuser, unsaved, without_wall

TABLE = "governance_idempotencyrecord"


def counted_as_the_application(person: Person, preparation: str) -> int:
    """All rows that chenu_app sees of everybody after `preparation`, in a transaction that never commits."""
    with superuser(autocommit=False) as admin:
        admin.execute(preparation)
        admin.execute("SELECT set_config('chenu.identity', %s, true)", [str(person.identity.pk)])
        admin.execute("SET LOCAL ROLE chenu_app")
        found = admin.execute(f"SELECT count(*) FROM {TABLE} WHERE identity_id <> %s", [person.identity.pk]).fetchone()
        admin.rollback()
    assert found is not None
    return int(found[0])


WIDENED = {
    "an inherited grant": INHERITED,
    "a role that passes": "ALTER ROLE chenu_app BYPASSRLS",
    "security switched off": f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
    "a permissive policy": f"CREATE POLICY guests ON {TABLE} USING (true)",
    "another answer to who acts": f"ALTER POLICY chenu_mine ON {TABLE} USING (true)",
}


@pytest.mark.parametrize("name", list(WIDENED))
def test_the_database_shows_foreign_rows_as_soon_as_it_is_weakened_by(
    name: str, alice: Person, charlie: Person
) -> None:
    record(charlie)
    assert counted_as_the_application(alice, "SELECT 1") == 0
    assert counted_as_the_application(alice, WIDENED[name]) >= 1


def test_without_force_the_owner_would_pass_and_without_its_policy_see_nothing(alice: Person) -> None:
    record(alice)
    with superuser(autocommit=False) as admin:
        admin.execute(f"DROP POLICY chenu_owner ON {TABLE}")
        admin.execute("SET LOCAL ROLE chenu_owner")
        assert admin.execute(f"SELECT count(*) FROM {TABLE}").fetchone() == (0,)
        admin.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
        count = admin.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
        admin.rollback()
    assert count is not None
    assert count[0] >= 1


def test_without_the_backend_the_database_would_not_know_who_acts(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(alice)
    monkeypatch.setattr(DatabaseWrapper, "_announce", lambda self: None)
    with alice.acting(), pytest.raises(DatabaseError, match="no identity is bound"), reading():
        Record.objects.count()


def test_without_telling_the_database_a_nested_binding_would_act_for_the_outer_identity(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(charlie)
    monkeypatch.setattr(context, "_tell_database", lambda: None)
    with alice.acting(), transaction.atomic(), charlie.acting():
        assert Record.objects.count() == 0, "filter and policy disagree: nothing is shown, and nothing leaks"
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('chenu.identity')")
            assert cursor.fetchone() == (str(alice.identity.pk),)


def test_without_read_only_a_get_could_write(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "governance.isolation.postgres.base.transaction_settings", lambda: (str(alice.identity.pk), False)
    )
    with alice.acting(), reading():
        unsaved().save(force_insert=True)
        assert Record.objects.count() == 1


def test_without_the_filter_nobody_would_be_told_that_no_identity_is_bound(alice: Person) -> None:
    record(alice)
    with pytest.raises(NoIdentity), transaction.atomic():
        list(Record.objects.all())
    with without_wall("manager"), pytest.raises(DatabaseError, match="no identity is bound"), transaction.atomic():
        list(Record.objects.all())


def test_a_filter_made_when_the_queryset_is_built_would_leak(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive version: the identity is read while the queryset is made, so a kept queryset shows Alice to Charlie."""
    mine = record(alice)

    def naive(manager: querysets.ScopedManager) -> querysets.ScopedQuerySet:
        rows = super(querysets.ScopedManager, manager).get_queryset()
        return rows.filter(identity_id=context.current().identity_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(querysets.ScopedManager, "get_queryset", naive)
        with alice.acting():
            leaky = Record.objects.all()
    with without_wall("policy"), without_wall("rows"), charlie.looking():
        assert [row.pk for row in leaky] == [mine.pk]


def test_without_the_demand_for_a_transaction_the_database_alone_would_answer(alice: Person) -> None:
    record(alice)
    with alice.acting(), pytest.raises(NoTransaction):
        list(Record.objects.all())
    with alice.acting(), without_wall("manager"), pytest.raises(DatabaseError, match="no identity is bound"):
        list(Record.objects.all())
