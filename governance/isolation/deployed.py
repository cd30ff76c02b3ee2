"""What PostgreSQL's own catalogue says is deployed: facts only, compared by inspect.py."""

from __future__ import annotations

from typing import Any

from django.db import connection

OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
NAMED = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname"


def tables() -> dict[str, dict[str, Any]]:
    """Tables of every schema but PostgreSQL's: security flags, owner, grants {role: privileges} and columns."""
    found: dict[str, dict[str, Any]] = {}
    for name, rls, forced, owner, columns in rows(
        f"SELECT {NAMED}, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner), "
        "(SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a "
        " WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) "
        f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind IN ('r', 'p', 'f')"
    ):
        found[name] = {"rls": rls, "forced": forced, "owner": owner, "grants": {}, "columns": set(columns)}
    for name, grantee, privilege in rows(
        f"SELECT {NAMED}, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a "
        f"WHERE {OURS} AND c.relkind IN ('r', 'p', 'f')"
    ):
        found[name]["grants"].setdefault(grantee, set()).add(privilege)
    return found


def column_grants() -> list[str]:
    """Columns that carry grants of their own, which no table-wide look would show."""
    return [
        f"{table}.{column}"
        for table, column in rows(
            f"SELECT {NAMED}, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND a.attacl IS NOT NULL"
        )
    ]


def policies() -> dict[str, dict[str, tuple[str, str]]]:
    """{table: {policy: (role, condition)}}; the condition is 'altered' when its form is not ours."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, policy, permissive, wanted_roles, command, using, check in rows(
        "SELECT tablename, policyname, permissive, roles::text[], cmd, qual, with_check FROM pg_policies "
        "WHERE schemaname = 'public'"
    ):
        sound = permissive == "PERMISSIVE" and command == "ALL" and using == check and len(wanted_roles) == 1
        found.setdefault(name, {})[policy] = (wanted_roles[0], using if sound else "altered")
    return found


def constraints() -> dict[tuple[str, str], str]:
    """{(table, constraint): definition}, as PostgreSQL writes it."""
    return {
        (table, name): definition
        for table, name, definition in rows(
            "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public'"
        )
    }


def triggers() -> dict[str, set[tuple[str, str]]]:
    """{table: {(trigger, function)}} of the triggers that fire."""
    found: dict[str, set[tuple[str, str]]] = {}
    for table, trigger, function in rows(
        "SELECT c.relname, t.tgname, pn.nspname || '.' || p.proname FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "JOIN pg_namespace pn ON pn.oid = p.pronamespace WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    ):
        found.setdefault(table, set()).add((trigger, function))
    return found


def functions() -> list[tuple[str, str, str, bool, str, bool, str]]:
    """(schema, name, owner, runs with its owner's rights, settings, callable by everybody, source)."""
    return rows(  # type: ignore[return-value]
        "SELECT n.nspname, p.proname, pg_get_userbyid(p.proowner), p.prosecdef, "
        "coalesce(array_to_string(p.proconfig, ';'), ''), has_function_privilege('public', p.oid, 'EXECUTE'), p.prosrc "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('chenu', 'public')"
    )


def views() -> list[tuple[str, str]]:
    """(name, kind) of views, materialised views and rewrite rules outside PostgreSQL's own schemas."""
    return rows(  # type: ignore[return-value]
        f"SELECT {NAMED}, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ('v', 'm') AND {OURS} "
        "UNION ALL SELECT tablename, 'r' FROM pg_rules WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )


def rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def one(sql: str, params: list[Any] | None = None) -> Any:
    return rows(sql, params)[0][0]
