"""What the frame of every page reads of the bound identity, in one statement: news, what waits, what is left.

SQL by hand: every page asks for it, and to have it composed anew costs five times what it takes to answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from governance.isolation.context import current, reading
from governance.ledger.budget import FIRST_IDENTITY_CREDITS
from spheres import today

MOST_WAITING = 100
MOST_HALTS = 20

# What an older window used counts nothing, as in `budget.credits_left()`.
FRAME = """
SELECT i.is_default,
       (SELECT h.event_seq FROM governance_chainhead h WHERE h.identity_id = i.id),
       ARRAY(SELECT q.sphere FROM governance_checkpoint q
             WHERE q.identity_id = i.id AND q.status = 'pending' AND q.expires_at > statement_timestamp() LIMIT %s),
       c."limit",
       CASE WHEN c.window_start >= chenu.window_start(c.period) THEN c.used ELSE 0 END + a.tokens_held,
       e.kind, e.due_at,
       (SELECT count(*) FROM governance_personnotice n
        JOIN governance_membership m ON m.identity_id = n.identity_id AND m.user_id = n.person_id
        JOIN governance_identity o ON o.id = n.identity_id AND o.status = 'active'
        WHERE n.person_id = me.id AND n.count > 0 AND (n.nearest IS NULL OR n.nearest > statement_timestamp())
          AND n.identity_id <> i.id),
       (SELECT count(*) FROM (SELECT 1 FROM governance_notification t
        WHERE t.identity_id = i.id AND t.person_id = me.id AND t.in_app AND t.read_at IS NULL
          AND t.expires_at > statement_timestamp() LIMIT %s) unread),
       ARRAY(SELECT ARRAY[k.scope, k.ref, k.name] FROM governance_kill k
             WHERE k.identity_id = i.id AND k.lifted_at IS NULL ORDER BY k.id LIMIT %s),
       ARRAY(SELECT ARRAY[s.scope, s.name, s.reason] FROM governance_installationstop s
             WHERE s.lifted_at IS NULL ORDER BY s.id LIMIT %s)
FROM governance_identity i
CROSS JOIN (SELECT %s::uuid AS id) me
LEFT JOIN governance_account a ON a.identity_id = i.id AND a.kind = 'identity'
LEFT JOIN governance_cap c ON c.identity_id = a.identity_id AND c.account_id = a.id AND c.unit = 'tokens'
    AND c.period = 'month'
LEFT JOIN LATERAL (SELECT e.kind, e.due_at FROM governance_erasure e
                   WHERE e.target_id IN (i.id, me.id) AND e.state = 'waiting' ORDER BY e.due_at LIMIT 1) e ON true
WHERE i.id = %s
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """`seq`: the last news that the page shows; `spheres`: that of each decision that waits ("" for none);
    `ending`: "identity" or "account" when it is to be erased, at `ends_at`; `notices`: how many wait elsewhere;
    `unread`: how many notifications of this identity the person has not read; `halts`: the kill switches that hold,
    each as scope, which one, and its name; `stops`: what staff have stopped for everybody, each as scope, name and
    reason."""

    seq: int
    spheres: list[str]
    left: int
    cap: int
    ending: str | None = None
    ends_at: datetime | None = None
    notices: int = 0
    unread: int = 0
    halts: list[list[str]] = field(default_factory=list)
    stops: list[list[str]] = field(default_factory=list)

    @property
    def waiting(self) -> Counter[str]:
        """Decisions that wait, by sphere."""
        return today.by_sphere(self.spheres)


def read() -> Frame:
    """The frame of the bound identity."""
    with reading(), connection.cursor() as cursor:
        most = [MOST_WAITING, MOST_WAITING, MOST_HALTS, MOST_HALTS]
        cursor.execute(FRAME, [*most, current().person_id, current().identity_id])
        is_default, seq, spheres, cap, gone, ending, ends_at, notices, unread, halts, stops = cursor.fetchone()
    if cap is None:  # nothing was spent yet: the account is opened then
        cap, gone = (FIRST_IDENTITY_CREDITS if is_default else 0), 0
    return Frame(seq or 0, spheres, max(cap - gone, 0), cap, ending, ends_at, notices, unread, halts, stops)
