"""Putting work into the queue, inside the transaction of the business change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.errors import IdentityBoundary, TooMany
from governance.isolation.context import SYSTEM_CHAIN, current_or_none, system_reason
from governance.jobs.models import Job
from governance.jobs.registry import get_kind
from governance.live.notify import hint

CHANNEL_NAME = "chenu_jobs"
MOST_WAITING = 50
RETRY_AFTER = 10  # seconds
WAITING = """
SELECT count(*) FROM (
    SELECT 1 FROM governance_job WHERE identity_id = %s AND state = 'pending' AND run_at <= now() LIMIT %s) AS due
"""


def enqueue(
    kind: str,
    identity_id: UUID | None,
    object_id: UUID | None,
    person_id: UUID | None,
    run_at: datetime | None = None,
    add: Callable[[Job], None] | None = None,
) -> Job:
    """Adds a job that exists exactly when the open transaction commits; the worker hears of it then.

    `add` is how the open unit of work takes a new row (`uow.add`); without it the row is inserted now.

    It will run as `person_id` in `identity_id` (both None: as the installation), not before `run_at`
    (default: at once). Raises TooMany when 50 due jobs of the identity wait already, IdentityBoundary
    when another identity than the bound one is named, KeyError for an undeclared kind.
    """
    get_kind(kind)
    if not connection.in_atomic_block:
        raise RuntimeError("a job is enqueued inside the transaction of its cause: use the unit of work")
    if (identity_id is None) != (person_id is None):
        raise ValueError("a job runs for a person in an identity, or for the installation")
    _check_owner(identity_id)
    when = {} if run_at is None else {"run_at": run_at}
    row = Job(kind=kind, identity_id=identity_id, object_id=object_id, person_id=person_id, **when)
    if add is not None:
        add(row)
    else:
        row.save(force_insert=True)
    call_worker()
    return row


SAME = """
SELECT id FROM governance_job
WHERE identity_id = %s AND state = 'pending' AND run_at <= coalesce(%s, now()) AND kind = %s AND object_id = %s
LIMIT 1 FOR SHARE SKIP LOCKED
"""


def enqueue_once(
    kind: str, identity_id: UUID, object_id: UUID, person_id: UUID, run_at: datetime | None = None
) -> None:
    """Has the kind's handler look at an object at `run_at` at the latest, for work that is found in rows.

    A job that waits for the same is held back until the open transaction commits, and then sees what that wrote:
    so a thousand changes make one job, which is why this is no work that is counted as waiting. Raises
    IdentityBoundary when another identity than the bound one is named, KeyError for an undeclared kind.
    """
    get_kind(kind)
    if not connection.in_atomic_block:
        raise RuntimeError("a job is enqueued inside the transaction of its cause: use the unit of work")
    _check_bound(identity_id)
    with connection.cursor() as cursor:
        cursor.execute(SAME, [identity_id, run_at, kind, object_id])
        if cursor.fetchone() is None:
            when = {} if run_at is None else {"run_at": run_at}
            Job.objects.create(kind=kind, identity_id=identity_id, object_id=object_id, person_id=person_id, **when)
    call_worker()


def call_worker() -> None:
    """Wakes the claiming process, once the open transaction is committed; without it, it looks each second."""
    hint(CHANNEL_NAME, "")


def _check_bound(identity_id: UUID | None) -> None:
    context = current_or_none()
    if context is not None and system_reason() is None and (identity_id or SYSTEM_CHAIN) != context.identity_id:
        raise IdentityBoundary("scope_violation", resource="governance.job", target=identity_id)


def _check_owner(identity_id: UUID | None) -> None:
    _check_bound(identity_id)
    if identity_id is not None and _waiting(identity_id) >= MOST_WAITING:
        raise TooMany(_("Too much work is waiting in this identity."), retry_after=RETRY_AFTER)


def _waiting(identity_id: UUID) -> int:
    """Due jobs of the identity that nobody has taken, counted no further than needed."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [identity_id, MOST_WAITING])
        return int(cursor.fetchone()[0])


def others_alive(kind: str, object_id: UUID) -> bool:
    """Is more than one job of this kind at work on the object? For a handler that finds its object taken:
    its own job is one, and the work of a job that died is its to go on with."""
    alive = Job.objects.filter(
        kind=kind, object_id=object_id, state__in=[Job.State.QUEUED, Job.State.RUNNING], lease_until__gt=Now()
    )
    return alive[:2].count() > 1
