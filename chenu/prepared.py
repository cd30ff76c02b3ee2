"""Is the installation still as its last preparation left it? Then a start has nothing to prepare (design 8.1).

Tables, walls, reference data and static files all follow from the sources. So what a preparation ends with is a
record *in the database*: a digest of the sources it was made from, and one of the catalogue it left. A changed
source, a new package, an older database put back, a policy altered by hand: each leads to the full preparation.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from pathlib import Path

import psycopg
from psycopg import sql

# Every fact of the database that the preparation decides, as text: tables, columns, indexes, keys, policies,
# triggers, functions, views, schemas, roles, grants, applied migrations, and the chain key of the system.
CATALOGUE = """
SELECT encode(sha256(convert_to(string_agg(fact, E'\\n' ORDER BY fact COLLATE "C"), 'UTF8')), 'hex') FROM (
SELECT concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
                 pg_get_userbyid(c.relowner), c.relacl, c.reloptions, pg_get_viewdef(c.oid)) AS fact
  FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                 a.attnotnull, a.attacl, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace IN (SELECT oid FROM ours) AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat_ws(' ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid),
                 k.convalidated)
  FROM pg_constraint k WHERE k.connamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat_ws(' ', 'policy', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive,
                 ARRAY(SELECT pg_get_userbyid(r) FROM unnest(p.polroles) r), pg_get_expr(p.polqual, p.polrelid),
                 pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p
UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM pg_trigger t WHERE NOT t.tgisinternal
UNION ALL SELECT concat_ws(' ', 'rule', pg_get_ruledef(r.oid), r.ev_enabled)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, pg_get_userbyid(p.proowner), p.prokind,
                 p.prosecdef, p.provolatile, p.proconfig, p.proacl, p.prosrc, pg_get_function_result(p.oid))
  FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat_ws(' ', 'schema', n.nspname, pg_get_userbyid(n.nspowner), n.nspacl) FROM ours n
UNION ALL SELECT concat_ws(' ', 'default', pg_get_userbyid(a.defaclrole), a.defaclnamespace::regnamespace,
                 a.defaclobjtype, a.defaclacl)
  FROM pg_default_acl a
UNION ALL SELECT concat_ws(' ', 'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
                 r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconfig)
  FROM pg_roles r WHERE r.rolname NOT LIKE 'pg\\_%'
UNION ALL SELECT concat_ws(' ', 'member', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), m.admin_option,
                 m.inherit_option, m.set_option)
  FROM pg_auth_members m
UNION ALL SELECT concat_ws(' ', 'database', pg_get_userbyid(d.datdba), d.datacl)
  FROM pg_database d WHERE d.datname = current_database()
UNION ALL SELECT concat_ws(' ', 'setting', pg_get_userbyid(nullif(s.setrole, 0)), s.setconfig) FROM pg_db_role_setting s
UNION ALL SELECT concat_ws(' ', 'migration', m.app, m.name) FROM django_migrations m
UNION ALL SELECT concat_ws(' ', 'system key', count(*)) FROM governance_datakey k
  WHERE k.identity_id = '00000000-0000-0000-0000-000000000000'
) facts
"""
OURS = """
WITH ours AS (SELECT * FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
"""
NOT_RUN = {"tests", "benchmarks"}
RECORDED = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"


def sources(root: Path) -> str:
    """A digest of what a preparation is made from: the code and static files below `root`, and the packages."""
    digest = hashlib.sha256(sys.version.encode())
    packages = os.listdir(sysconfig.get_path("purelib"))
    digest.update("\n".join(sorted(name for name in packages if name.endswith(".dist-info"))).encode())
    apps = [found.parent for found in root.glob("*/__init__.py") if found.parent.name not in NOT_RUN]
    for file in sorted(file for folder in (root / "static", *apps) for file in _files(folder)):
        content = Path(file).read_bytes()
        digest.update(f"\n{os.path.relpath(file, root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(folder: Path) -> list[str]:
    return [
        os.path.join(here, name)
        for here, _, names in os.walk(folder)
        if not here.endswith("__pycache__")
        for name in names
    ]


def is_prepared(admin_dsn: str, made_from: str) -> bool:
    """Does the database say that it was prepared from these sources, and is it still as it was then?"""
    try:
        with psycopg.connect(admin_dsn, autocommit=True) as admin:
            (recorded,) = admin.execute(RECORDED).fetchone() or (None,)
            return recorded is not None and recorded == f"{made_from} {_catalogue(admin)}"
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return False  # no database yet, or half of one: the preparation says what is wrong with it


def record(admin_dsn: str, made_from: str) -> None:
    """Says that the database is now as these sources want it."""
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        told = sql.Literal(f"{made_from} {_catalogue(admin)}")
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, told))


def _catalogue(admin: psycopg.Connection) -> str:
    found = admin.execute(OURS + CATALOGUE).fetchone()
    assert found
    return str(found[0])
