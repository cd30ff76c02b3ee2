"""Does the deployed database hold the walls the models promise? (design 2.3, 3.2)

`manage.py check_isolation` prints the findings, start-up in production refuses on one. Facts come
from PostgreSQL's own catalogue (deployed.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.checks import run_checks

from governance.isolation import deployed
from governance.isolation.catalogue import granted, growing_models, key_name, scoped_keys, scoped_models, sql_files
from governance.isolation.models import Scoped
from governance.isolation.roles import APP, OWNER, SYSTEM

MINE = "(identity_id = ( SELECT chenu.current_identity() AS current_identity))"
POLICIES = {"chenu_mine": (APP, MINE), "chenu_owner": (OWNER, "true"), "chenu_system": (SYSTEM, "true")}
GUARDS = {("chenu_append_only", "chenu.refuse_change"), ("chenu_no_truncate", "chenu.refuse_change")}
FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION chenu\.(\w+)\s*\(.*?AS \$\$(.*?)\$\$", re.DOTALL)
VIEWS = {
    "v": "a view reads with its owner's rights",
    "m": "a materialised view keeps rows of all identities",
    "r": "a rule rewrites what is asked of it",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the deployed database differs from the promise."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """The facts that every table is compared with, read once."""

    tables: dict[str, dict[str, Any]]
    policies: dict[str, dict[str, tuple[str, str]]]
    constraints: dict[tuple[str, str], str]
    triggers: dict[str, set[tuple[str, str]]]


def findings() -> list[Finding]:
    """Every misconfiguration found; an empty list is the promise kept. Needs an open transaction or none."""
    found = [Finding(str(m.obj), m.msg) for m in run_checks(tags=["isolation"])]
    found += roles()
    facts = Deployed(deployed.tables(), deployed.policies(), deployed.constraints(), deployed.triggers())
    for model in scoped_models():
        found += table(model, facts)
    found += unscoped(facts.tables)
    found += growing(facts)
    found += functions()
    return found


def roles() -> Iterator[Finding]:
    rows = deployed.rows(
        "SELECT rolname, rolsuper OR rolbypassrls, rolinherit, rolcanlogin FROM pg_roles WHERE rolname = ANY(%s)",
        [[OWNER, APP, SYSTEM]],
    )
    for name, passes, inherit, login in rows:
        if passes:
            yield Finding(name, "the role may pass row-level security")
        if name == APP and inherit:
            yield Finding(name, "the role inherits its memberships")
        if name == SYSTEM and login:
            yield Finding(name, "the role can sign in")
    if len(rows) < 3:
        yield Finding("roles", "one of the three roles is missing")
        return
    if deployed.one("SELECT pg_has_role(%s, %s, 'USAGE')", [APP, SYSTEM]):
        yield Finding(APP, f"the grant of {SYSTEM} is inherited: every row would be visible")
    for (other,) in deployed.rows(
        "SELECT rolname FROM pg_roles WHERE rolname <> ALL(%s) AND (pg_has_role(%s, oid, 'MEMBER') "
        "OR pg_has_role(%s, oid, 'MEMBER'))",
        [[APP, SYSTEM], APP, SYSTEM],
    ):
        yield Finding(APP, f"the role may become {other}")
    if deployed.one("SELECT has_database_privilege(%s, current_database(), 'TEMP')", [APP]):
        yield Finding(APP, "the role may make temporary tables, which stand before ours in a function's eyes")
    if deployed.one("SELECT session_user") not in {APP, OWNER}:
        yield Finding("connection", "the application connects as none of its roles")


def table(model: type[Scoped], facts: Deployed) -> Iterator[Finding]:
    name = model._meta.db_table
    found = facts.tables.get(name)
    if found is None:
        yield Finding(name, "the table does not exist: run migrate")
        return
    if not found["rls"] or not found["forced"]:
        yield Finding(name, "row-level security is not enabled and forced")
    if found["owner"] != OWNER:
        yield Finding(name, f"the table is not owned by {OWNER}")
    if facts.policies.get(name, {}) != POLICIES:
        yield Finding(name, "its policies are not the three that belong there")
    wanted = set(granted(model).split(", "))
    for role in {APP, SYSTEM, *found["grants"]} - {OWNER}:
        allowed = wanted if role in {APP, SYSTEM} else set()
        if found["grants"].get(role, set()) != allowed:
            yield Finding(name, f"{role} does not hold exactly: {', '.join(sorted(allowed)) or 'nothing'}")
    if facts.constraints.get((name, f"{name}_pair")) != "UNIQUE (identity_id, id)":
        yield Finding(name, "the unique pair (identity_id, id) is missing")
    for field in scoped_keys(model):
        target = field.related_model._meta.db_table
        key = f"FOREIGN KEY (identity_id, {field.column}) REFERENCES {target}(identity_id, id)"
        if facts.constraints.get((name, key_name(model, field))) != f"{key} DEFERRABLE INITIALLY DEFERRED":
            yield Finding(f"{name}.{field.column}", "the composite key to its parent is missing")
    if model.append_only and not facts.triggers.get(name, set()) >= GUARDS:
        yield Finding(name, "it should only grow, but a trigger is missing")


def unscoped(tables: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    """Tables that carry an identity without walls, and what would look past the walls of the others."""
    known = {model._meta.db_table for model in scoped_models()}
    exempt = {
        "governance_membership", "governance_invitation", "governance_personnotice", "governance_job",
        "governance_apitoken", "governance_breakglass",
        # Whose turn it is at a provider: counted over all identities, swept within minutes.
        "agents_providertake", "agents_providerwait",
    }  # fmt: skip
    for name, facts in tables.items():
        if "identity_id" in facts["columns"] and name not in known | exempt:
            yield Finding(name, "it carries identity_id but is not a scoped table")
        if "TRUNCATE" in facts["grants"].get(APP, set()) | facts["grants"].get("PUBLIC", set()):
            yield Finding(name, "the application may truncate it")
    for name in deployed.column_grants():
        yield Finding(name, "a column has grants of its own")
    for name, kind in deployed.views():
        yield Finding(name, VIEWS[kind])


def growing(facts: Deployed) -> Iterator[Finding]:
    """Tables of the installation that only grow."""
    for model in growing_models():
        name = model._meta.db_table
        granted_to = facts.tables.get(name, {}).get("grants", {})
        if not facts.triggers.get(name, set()) >= GUARDS:
            yield Finding(name, "it should only grow, but a trigger is missing")
        if {"UPDATE", "DELETE"} & (granted_to.get(APP, set()) | granted_to.get(SYSTEM, set())):
            yield Finding(name, "it should only grow, but the application may change it")


def functions() -> Iterator[Finding]:
    """Functions are the ones of our files; those with their owner's rights fix their search path."""
    sources = {found for path in sql_files() for found in FUNCTION.findall(path.read_text())}
    missing = ours = {name for name, _ in sources}
    for schema, name, owner, definer, settings, public, source in deployed.functions():
        if definer and "search_path" not in settings:
            yield Finding(name, "it runs with its owner's rights on the caller's search path")
        if definer and public:
            yield Finding(name, "everybody may call it")
        if definer and owner != OWNER:
            yield Finding(name, f"it runs with the rights of {owner}")
        if schema == "chenu" and name in ours and (name, source) not in sources:
            yield Finding(name, "it is not the function of our files")
        missing = missing - {name}
    for name in sorted(missing):
        yield Finding(name, "the function is missing: run install_isolation")
