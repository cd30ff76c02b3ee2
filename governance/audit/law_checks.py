"""Is the log complete, unaltered and signed? All chains, each read as its own identity's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.audit.signing.checking import record_faults
from governance.audit.verify import GENESIS, verify_chain
from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, Why, bind, reading, system_scope
from governance.laws.checks import Finding, none_of, register_check

SIGNED_WITHIN = timedelta(minutes=30)  # heads are signed every ten
AT_ONCE = 200
# Chains that have grown since they were signed, with the last entry that was: number and hash.
GROWN = """
SELECT h.identity_id, coalesce(s.seq, 0), s.hash FROM governance_chainhead h
LEFT JOIN LATERAL (SELECT seq, hash FROM governance_signedhead s WHERE s.identity_id = h.identity_id
    ORDER BY number DESC LIMIT 1) s ON true
WHERE h.seq > coalesce(s.seq, 0)
"""
UNSIGNED = f"""
SELECT count(*) FROM ({GROWN}) g
JOIN governance_auditentry e ON e.identity_id = g.identity_id AND e.seq = g.coalesce + 1
WHERE e.at < now() - make_interval(secs => %s)
"""


def signature_fresh() -> Finding:
    """Every entry older than half an hour is under a signed head."""
    with connection.cursor() as cursor:
        cursor.execute(UNSIGNED, [SIGNED_WITHIN.total_seconds()])
        return none_of(cursor.fetchone()[0], "chains hold old entries that nobody signed: does the signing run?")


def record_agrees() -> Finding:
    """The outside record, the signed heads of all chains and the database say the same."""
    faults = record_faults()
    return Finding(not faults, "; ".join(faults))


def chains_whole() -> Finding:
    """What was written since the last signature fits; at most 200 chains a time, the others at their own request."""
    with system_scope(Why.LAWS), connection.cursor() as cursor:
        cursor.execute(f"{GROWN} ORDER BY random() LIMIT %s", [AT_ONCE])
        grown = cursor.fetchall()
    broken = [bad for chain, seq, last in grown if (bad := fault(chain, seq, bytes(last) if last else GENESIS))]
    return Finding(not broken, "; ".join(broken[:5]))


def fault(chain: UUID, seq: int, last: bytes) -> str:
    """What is wrong with one chain after that entry; ''."""
    with bind(IdentityContext(SYSTEM_CHAIN, chain, "system", Channel.SYSTEM, uuid7())), reading():
        report = verify_chain(chain, since=(seq, last))
    bad = report.first_bad
    return f"{chain}: entry {bad['seq']}: {bad['reason']}" if bad else ""


def register() -> None:
    register_check("L5", "audit.signed", _("The log is signed up to half an hour ago"), signature_fresh)
    register_check("L5", "audit.record", _("The signatures agree with the outside record"), record_agrees, across=False)
    register_check(
        "L5", "audit.chains", _("What was written since the last signature fits"), chains_whole, across=False
    )
