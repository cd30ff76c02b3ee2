"""`check_isolation` finds every planted misconfiguration, and none on a clean database (design 2.3)."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from governance.isolation import deployed
from governance.isolation.catalogue import SQL_DIR
from governance.isolation.inspect import FUNCTION, findings
from tests.governance.isolation.walls import INHERITED, database_name, planted, superuser
from tests.ground import ADMINISTRATOR

AUDIT, PLAIN, CHILD = "governance_auditentry", "governance_violation", "spheres_item"
CHILD_KEY = "si_spheres_item_dataspace_id"


pytestmark = pytest.mark.usefixtures("db")


def found() -> list[tuple[str, str]]:
    try:
        return [(finding.where, finding.what) for finding in findings()]
    finally:
        connection.close()


def test_the_clean_database_has_no_finding() -> None:
    assert found() == []


MINE = "identity_id = (SELECT chenu.current_identity())"
RULES_WRONG = "its policies are not the three that belong there"
WALL_DOWN = "row-level security is not enabled and forced"
GRANT_WRONG = "chenu_app does not hold exactly: SELECT"
NO_TRIGGER = "it should only grow, but a trigger is missing"
NO_KEY = "the composite key to its parent is missing"
KEY = (
    f"ALTER TABLE {CHILD} ADD CONSTRAINT {CHILD_KEY} FOREIGN KEY (identity_id, dataspace_id) "
    "REFERENCES spheres_dataspace (identity_id, id) DEFERRABLE INITIALLY DEFERRED"
)
REPAIR = f"ALTER TABLE {CHILD} DROP CONSTRAINT {CHILD_KEY}; {KEY}"
APPEND_ONLY = (
    f"CREATE TRIGGER chenu_append_only BEFORE UPDATE OR DELETE ON {AUDIT} "
    "FOR EACH ROW EXECUTE FUNCTION chenu.refuse_change()"
)
REFUSE = (
    "CREATE OR REPLACE FUNCTION chenu.refuse_change() RETURNS trigger LANGUAGE plpgsql "
    "SET search_path = pg_catalog AS $${}$$"
)


def _source_of(name: str) -> str:
    """The body of one of our functions, as its file has it."""
    text = "".join(path.read_text() for path in SQL_DIR.glob("*.sql"))
    return dict(FUNCTION.findall(text))[name]


# name: (plant, undo, where, what)
PLANTS: dict[str, tuple[str, str, str, str]] = {
    "security disabled": (
        f"ALTER TABLE {PLAIN} DISABLE ROW LEVEL SECURITY", f"ALTER TABLE {PLAIN} ENABLE ROW LEVEL SECURITY",
        PLAIN, WALL_DOWN,
    ),
    "security not forced": (
        f"ALTER TABLE {PLAIN} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {PLAIN} FORCE ROW LEVEL SECURITY",
        PLAIN, WALL_DOWN,
    ),
    "a policy dropped": (
        f"DROP POLICY chenu_mine ON {PLAIN}",
        f"CREATE POLICY chenu_mine ON {PLAIN} TO chenu_app USING ({MINE}) WITH CHECK ({MINE})",
        PLAIN, RULES_WRONG,
    ),
    "the owner's policy dropped": (
        f"DROP POLICY chenu_owner ON {PLAIN}",
        f"CREATE POLICY chenu_owner ON {PLAIN} TO chenu_owner USING (true) WITH CHECK (true)",
        PLAIN, RULES_WRONG,
    ),
    "a policy widened": (
        f"ALTER POLICY chenu_mine ON {PLAIN} USING (true)", f"ALTER POLICY chenu_mine ON {PLAIN} USING ({MINE})",
        PLAIN, RULES_WRONG,
    ),
    "a policy's check widened": (
        f"ALTER POLICY chenu_mine ON {PLAIN} WITH CHECK (true)",
        f"ALTER POLICY chenu_mine ON {PLAIN} WITH CHECK ({MINE})",
        PLAIN, RULES_WRONG,
    ),
    "a policy for more roles": (
        f"ALTER POLICY chenu_system ON {PLAIN} TO chenu_system, chenu_app",
        f"ALTER POLICY chenu_system ON {PLAIN} TO chenu_system",
        PLAIN, RULES_WRONG,
    ),
    "an extra permissive policy": (
        f"CREATE POLICY guests ON {PLAIN} FOR SELECT TO PUBLIC USING (true)", f"DROP POLICY guests ON {PLAIN}",
        PLAIN, RULES_WRONG,
    ),
    "an update of the log granted": (
        f"GRANT UPDATE ON {AUDIT} TO chenu_app", f"REVOKE UPDATE ON {AUDIT} FROM chenu_app", AUDIT, GRANT_WRONG,
    ),
    "an insertion into the log granted": (
        f"GRANT INSERT ON {AUDIT} TO chenu_app", f"REVOKE INSERT ON {AUDIT} FROM chenu_app", AUDIT, GRANT_WRONG,
    ),
    "an update of the log granted to everybody": (
        f"GRANT UPDATE ON {AUDIT} TO PUBLIC", f"REVOKE UPDATE ON {AUDIT} FROM PUBLIC",
        AUDIT, "PUBLIC does not hold exactly: nothing",
    ),
    "an update of one column granted": (
        f"GRANT UPDATE (payload) ON {AUDIT} TO chenu_app", f"REVOKE UPDATE (payload) ON {AUDIT} FROM chenu_app",
        f"{AUDIT}.payload", "a column has grants of its own",
    ),
    "truncation granted": (
        f"GRANT TRUNCATE ON {PLAIN} TO chenu_app", f"REVOKE TRUNCATE ON {PLAIN} FROM chenu_app",
        PLAIN, "the application may truncate it",
    ),
    "a grant missing": (
        f"REVOKE DELETE ON {PLAIN} FROM chenu_app", f"GRANT DELETE ON {PLAIN} TO chenu_app",
        PLAIN, "chenu_app does not hold exactly: DELETE, INSERT, SELECT, UPDATE",
    ),
    "the unique pair dropped": (
        f"ALTER TABLE {PLAIN} DROP CONSTRAINT {PLAIN}_pair",
        f"ALTER TABLE {PLAIN} ADD CONSTRAINT {PLAIN}_pair UNIQUE (identity_id, id)",
        PLAIN, "the unique pair (identity_id, id) is missing",
    ),
    "a composite key dropped": (
        f"ALTER TABLE {CHILD} DROP CONSTRAINT {CHILD_KEY}", KEY, f"{CHILD}.dataspace_id", NO_KEY,
    ),
    "a composite key made plain under its name": (
        f"ALTER TABLE {CHILD} DROP CONSTRAINT {CHILD_KEY}; ALTER TABLE {CHILD} ADD CONSTRAINT {CHILD_KEY} "
        "FOREIGN KEY (dataspace_id) REFERENCES spheres_dataspace (id) DEFERRABLE INITIALLY DEFERRED",
        REPAIR, f"{CHILD}.dataspace_id", NO_KEY,
    ),
    "an append-only trigger dropped": (
        f"DROP TRIGGER chenu_append_only ON {AUDIT}", APPEND_ONLY, AUDIT, NO_TRIGGER,
    ),
    "a trigger disabled": (
        f"ALTER TABLE {AUDIT} DISABLE TRIGGER chenu_no_truncate",
        f"ALTER TABLE {AUDIT} ENABLE TRIGGER chenu_no_truncate",
        AUDIT, NO_TRIGGER,
    ),
    "a trigger that calls another function": (
        f"DROP TRIGGER chenu_append_only ON {AUDIT}; CREATE TRIGGER chenu_append_only BEFORE UPDATE ON {AUDIT} "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"DROP TRIGGER chenu_append_only ON {AUDIT}; {APPEND_ONLY}",
        AUDIT, NO_TRIGGER,
    ),
    "a view": (
        f"CREATE VIEW everything AS SELECT * FROM {PLAIN}", "DROP VIEW everything",
        "everything", "a view reads with its owner's rights",
    ),
    "a new table in another schema": (
        "CREATE TABLE chenu.notes (id uuid, identity_id uuid)", "DROP TABLE chenu.notes",
        "chenu.notes", "it carries identity_id but is not a scoped table",
    ),
    "a view in another schema": (
        f"CREATE SCHEMA side; CREATE VIEW side.everything AS SELECT * FROM {PLAIN}", "DROP SCHEMA side CASCADE",
        "side.everything", "a view reads with its owner's rights",
    ),
    "a materialised view": (
        f"CREATE MATERIALIZED VIEW copies AS SELECT * FROM {PLAIN}", "DROP MATERIALIZED VIEW copies",
        "copies", "a materialised view keeps rows of all identities",
    ),
    "a rewriting rule": (
        f"CREATE RULE quiet AS ON DELETE TO {PLAIN} DO INSTEAD NOTHING", f"DROP RULE quiet ON {PLAIN}",
        PLAIN, "a rule rewrites what is asked of it",
    ),
    "an owner's function on the caller's search path": (
        "CREATE FUNCTION public.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "DROP FUNCTION public.peek()",
        "peek", "it runs with its owner's rights on the caller's search path",
    ),
    "an owner's function for everybody": (
        "CREATE FUNCTION public.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog "
        "AS 'SELECT 1::bigint'",
        "DROP FUNCTION public.peek()",
        "peek", "everybody may call it",
    ),
    "a superuser's function": (
        "CREATE FUNCTION public.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog "
        "AS 'SELECT 1::bigint'; REVOKE ALL ON FUNCTION public.peek() FROM PUBLIC",
        "DROP FUNCTION public.peek()",
        "peek", f"it runs with the rights of {ADMINISTRATOR}",
    ),
    "a guard's function replaced": (
        REFUSE.format(" BEGIN RETURN NEW; END "),
        REFUSE.format(_source_of("refuse_change")),
        "refuse_change", "it is not the function of our files",
    ),
    "a new table with an identity": (
        "CREATE TABLE notes_of_people (id uuid, identity_id uuid)", "DROP TABLE notes_of_people",
        "notes_of_people", "it carries identity_id but is not a scoped table",
    ),
    "a child table": (
        f"CREATE TABLE violation_child () INHERITS ({PLAIN})", "DROP TABLE violation_child",
        "violation_child", "it carries identity_id but is not a scoped table",
    ),
    "a table of another owner": (
        f"ALTER TABLE {PLAIN} OWNER TO {ADMINISTRATOR}", f"ALTER TABLE {PLAIN} OWNER TO chenu_owner",
        PLAIN, "the table is not owned by chenu_owner",
    ),
    "a table missing": (
        f"ALTER TABLE {PLAIN} RENAME TO mislaid", f"ALTER TABLE mislaid RENAME TO {PLAIN}",
        PLAIN, "the table does not exist: run migrate",
    ),
}  # fmt: skip

ROLE_PLANTS: dict[str, tuple[str, str, str]] = {
    "the application inherits": (
        "ALTER ROLE chenu_app INHERIT", "chenu_app", "the role inherits its memberships",
    ),
    "the system's grant is inherited": (
        INHERITED,
        "chenu_app", "the grant of chenu_system is inherited: every row would be visible",
    ),
    "the application passes the policies": (
        "ALTER ROLE chenu_app BYPASSRLS", "chenu_app", "the role may pass row-level security",
    ),
    "the system is a superuser": (
        "ALTER ROLE chenu_system SUPERUSER", "chenu_system", "the role may pass row-level security",
    ),
    "the system can sign in": (
        "ALTER ROLE chenu_system LOGIN", "chenu_system", "the role can sign in",
    ),
    "the application may become the owner": (
        "GRANT chenu_owner TO chenu_app", "chenu_app", "the role may become chenu_owner",
    ),
    "the application may become somebody": (
        "GRANT pg_execute_server_program TO chenu_app",
        "chenu_app", "the role may become pg_execute_server_program",
    ),
    "the application makes temporary tables": (
        "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC",
        "chenu_app", "the role may make temporary tables, which stand before ours in a function's eyes",
    ),
    "a role is missing": (
        "ALTER ROLE chenu_system RENAME TO chenu_gone", "roles", "one of the three roles is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(PLANTS))
def test_it_finds(name: str) -> None:
    plant, undo, where, what = PLANTS[name]
    with planted(plant, undo):
        during = found()
    assert (where, what) in during
    assert found() == [], "the plant was not undone"


@pytest.mark.parametrize("name", list(ROLE_PLANTS))
def test_it_finds_about_roles_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles belong to the whole server: planted in a transaction that never commits, and read inside it."""
    plant, where, what = ROLE_PLANTS[name]
    with superuser(autocommit=False) as admin:
        monkeypatch.setattr(deployed, "connection", admin)
        before = set(findings())
        admin.execute(plant.format(database=database_name()))
        during = {(finding.where, finding.what) for finding in set(findings()) - before}
        admin.rollback()
        assert (where, what) in during
        assert {finding.where for finding in findings()} == {"connection"}, "only the superuser's own presence is left"


def test_the_command_prints_the_findings_and_fails() -> None:
    out, err = StringIO(), StringIO()
    call_command("check_isolation", stdout=out)
    assert out.getvalue() == "0 findings\n"
    plant, undo, where, what = PLANTS["security disabled"]
    with planted(plant, undo), pytest.raises(SystemExit) as stop:
        call_command("check_isolation", stdout=StringIO(), stderr=err)
    assert stop.value.code == 1
    assert err.getvalue() == f"{where}: {what}\n"


def test_installing_again_repairs_what_was_widened_and_is_harmless() -> None:
    with superuser() as admin:
        admin.execute(PLANTS["a policy widened"][0])
        admin.execute(PLANTS["security not forced"][0])
        admin.execute(PLANTS["an append-only trigger dropped"][0])
        admin.execute(PLANTS["a guard's function replaced"][0].replace("RETURN NEW", "RETURN OLD"))
        admin.execute("ALTER FUNCTION chenu.refuse_change() OWNER TO chenu_owner")
    assert len(found()) >= 4
    call_command("install_isolation")
    assert found() == []
    call_command("install_isolation")
    assert found() == []
