"""Keeping notices equal to what waits: in the same commit as what opened, ended or changed hands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from governance.isolation.context import Why, current_or_none, system_scope
from governance.live.notify import elsewhere
from governance.notices.models import PersonNotice
from governance.people.policies import WRITERS
from governance.uow import UnitOfWork
from governance.writes import Statement, statement

LOCK_CLASS = 0x4E4F54  # "NOT"

# Who may decide is told how many questions wait and when the first one ends. Counted under a lock of the
# identity's own, in statements after it: two questions opened at once are both seen by the later one.
COUNT = """
SELECT pg_advisory_xact_lock(%(class)s, hashtext(%(identity)s::text));
INSERT INTO governance_personnotice AS kept (id, person_id, identity_id, kind, count, nearest, updated_at)
SELECT gen_random_uuid(), m.user_id, m.identity_id, 'approval', w.waiting, w.nearest, clock_timestamp()
FROM governance_membership m, (
    SELECT count(*) AS waiting, min(expires_at) AS nearest FROM governance_checkpoint
    WHERE identity_id = %(identity)s AND status = 'pending' AND expires_at > now()) w
WHERE m.identity_id = %(identity)s AND m.role = ANY(%(roles)s)
ORDER BY m.user_id
ON CONFLICT (person_id, identity_id, kind) DO UPDATE
SET count = excluded.count, nearest = excluded.nearest, updated_at = excluded.updated_at
WHERE (kept.count, kept.nearest) IS DISTINCT FROM (excluded.count::integer, excluded.nearest)
RETURNING person_id;
UPDATE governance_personnotice SET count = 0, nearest = NULL, updated_at = clock_timestamp()
WHERE identity_id = %(identity)s AND kind = 'approval' AND count > 0 AND person_id NOT IN (
    SELECT user_id FROM governance_membership WHERE identity_id = %(identity)s AND role = ANY(%(roles)s))
RETURNING person_id
"""


# Unread alerts of each member; whoever adds or reads one counts anew, under the same lock.
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s::text))"
ALERTS = """
INSERT INTO governance_personnotice AS kept (id, person_id, identity_id, kind, count, updated_at)
SELECT gen_random_uuid(), m.user_id, m.identity_id, 'alert', count(n.id), clock_timestamp()
FROM governance_membership m LEFT JOIN governance_notification n
    ON n.identity_id = m.identity_id AND n.person_id = m.user_id AND n.type = 'alert'
    AND n.in_app AND n.read_at IS NULL AND n.expires_at > now()
WHERE m.identity_id = %s
GROUP BY m.user_id, m.identity_id ORDER BY m.user_id
ON CONFLICT (person_id, identity_id, kind) DO UPDATE SET count = excluded.count, updated_at = excluded.updated_at
WHERE kept.count IS DISTINCT FROM excluded.count
RETURNING person_id
"""


def alerts_statements(identity_id: UUID) -> tuple[list[Statement], list[Statement]]:
    """What to send before and after a change of the alerts of an identity, in the message of the change."""
    lock = statement(LOCK, [LOCK_CLASS, str(identity_id)], None)
    return [lock], [statement(ALERTS, [identity_id], None, lambda rows: _tell(pk for (pk,) in rows))]


def recount(uow: UnitOfWork) -> None:
    """Counts the questions of the bound identity for everybody who may decide them."""
    count_in(uow.actor.identity_id)


def count_in(identity_id: UUID) -> None:
    """The same for any identity, inside the transaction of what changed there."""
    bound = current_or_none()
    if bound is not None and bound.identity_id == identity_id:
        _tell(_counted(identity_id))
        return
    with system_scope(Why.NOTICES):
        people = _counted(identity_id)
    _tell(people)


def forget(uow: UnitOfWork, person_id: UUID) -> None:
    """Of the bound identity, the person who leaves is told nothing any more."""
    PersonNotice.objects.filter(person_id=person_id, identity_id=uow.actor.identity_id).delete()
    _tell([person_id])


def _counted(identity_id: UUID) -> list[UUID]:
    values: dict[str, Any] = {"class": LOCK_CLASS, "identity": identity_id, "roles": sorted(WRITERS)}
    found: list[UUID] = []
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        while cursor.nextset():
            found += [person_id for (person_id,) in cursor.fetchall()]
    return found


def _tell(people: Iterable[UUID]) -> None:
    for person_id in people:
        elsewhere(person_id)  # sent with the commit
