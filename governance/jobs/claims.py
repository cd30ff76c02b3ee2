"""The life of a job's row: claimed, started, settled, given back. Every step is a conditional update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from governance.isolation.context import SYSTEM_CHAIN, Why, system_scope
from governance.jobs.models import Job
from governance.jobs.querysets import JobQuerySet

MOST_RUNNING = 5  # of one identity
LEASE = 60  # seconds
# A dead holder is seen by its lock; this much silence first, for one that is only reconnecting.
SILENCE = 4  # seconds
LOCK_CLASS, CLAIM_LOCK = 0x4A4F42, 0  # "JOB": advisory locks of holders, and of the claim itself
PAUSES = (1, 5, 30, 120)  # seconds before the second, third … try

State = Job.State

# The lock makes “at most five” exact with several claimers; SKIP LOCKED steps over rows being settled. Two
# statements in one message: the second sees what others committed before the lock was granted.
CLAIM = """
SELECT pg_advisory_xact_lock(%(class)s, %(lock)s);
WITH busy AS (
    SELECT coalesce(identity_id, %(nobody)s) AS owner, count(*) AS running
    FROM governance_job WHERE state IN ('queued', 'running') GROUP BY 1
), waiting AS (
    SELECT id, run_at, coalesce(identity_id, %(nobody)s) AS owner,
           row_number() OVER (PARTITION BY identity_id ORDER BY run_at, id) AS place
    FROM governance_job WHERE state = 'pending' AND run_at <= now() AND kind = ANY(%(kinds)s)
), chosen AS (
    SELECT id FROM waiting LEFT JOIN busy USING (owner)
    WHERE place + coalesce(running, 0) <= %(most)s
    ORDER BY place + coalesce(running, 0), run_at, id LIMIT %(room)s
), free AS (
    SELECT id FROM governance_job WHERE id IN (SELECT id FROM chosen) AND state = 'pending' FOR UPDATE SKIP LOCKED
)
UPDATE governance_job SET state = 'queued', fence = fence + 1, holder = %(holder)s,
       lease_until = now() + make_interval(secs => %(lease)s)
WHERE id IN (SELECT id FROM free) RETURNING id, fence, kind, tries
"""

START = """
UPDATE governance_job SET state = 'running', tries = tries + 1, holder = %(holder)s,
       lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND fence = %(fence)s AND state = 'queued'
RETURNING id, fence, kind, tries, identity_id, person_id, object_id
"""

RECOVER = """
UPDATE governance_job SET state = 'pending', lease_until = NULL, holder = NULL
WHERE id IN (
    SELECT id FROM governance_job WHERE state IN ('queued', 'running') AND (
        lease_until < now()
        OR holder IS NOT NULL AND lease_until < now() + make_interval(secs => %(lease)s - %(silence)s)
           AND holder NOT IN (
               SELECT objid::bigint FROM pg_locks
               WHERE locktype = 'advisory' AND granted AND classid = %(class)s AND objsubid = 2
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
    FOR UPDATE SKIP LOCKED)
"""

HOLDERS = """
SELECT DISTINCT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = %s AND objsubid = 2 AND objid <> %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job handed out to this process, under this fence."""

    id: UUID
    fence: int
    kind: str
    tries: int


@dataclass(frozen=True, slots=True)
class Started(Claimed):
    """A job this process is executing; `tries` counts this start too."""

    identity_id: UUID | None
    person_id: UUID | None
    object_id: UUID | None


def claim(room: int, holder: int | None, kinds: Sequence[str]) -> list[Claimed]:
    """Takes at most `room` due jobs: who has least running first, then the oldest, at most 5 per identity."""
    values = {"room": room, "holder": holder, "kinds": list(kinds), "most": MOST_RUNNING, "lease": LEASE}
    with system_scope(Why.CLAIM_JOBS), connection.cursor() as cursor:
        cursor.execute(CLAIM, {**values, "nobody": SYSTEM_CHAIN, "class": LOCK_CLASS, "lock": CLAIM_LOCK})
        cursor.nextset()
        return [Claimed(*row) for row in cursor.fetchall()]


def start(job_id: UUID, fence: int, holder: int) -> Started | None:
    """Begins a claimed job; None when the claim is no longer ours."""
    with connection.cursor() as cursor:
        cursor.execute(START, {"id": job_id, "fence": fence, "holder": holder, "lease": LEASE})
        row = cursor.fetchone()
    return Started(*row) if row else None


def settle(job_id: UUID, fence: int, state: str, error: str = "") -> bool:
    """Ends a running job for good; False when its lease was lost, then nothing is changed."""
    return (
        _ours(job_id, fence, State.RUNNING).update(
            state=state, last_error=error, finished_at=Now(), lease_until=None, holder=None
        )
        == 1
    )


def retry(job_id: UUID, fence: int, tries: int, error: str) -> bool:
    """Puts a failed job back, to be tried after a pause that grows with `tries`."""
    pause = timedelta(seconds=PAUSES[min(tries, len(PAUSES)) - 1])
    return (
        _ours(job_id, fence, State.RUNNING).update(
            state=State.PENDING, run_at=Now() + pause, last_error=error, lease_until=None, holder=None
        )
        == 1
    )


def bury(claimed: Claimed) -> None:
    """Ends a job whose processes died as often as it may be tried: it would take the next one down too."""
    _ours(claimed.id, claimed.fence, State.QUEUED).update(
        state=State.DEAD, last_error="worker_lost", finished_at=Now(), lease_until=None, holder=None
    )


def give_back(held: Iterable[tuple[UUID, int]]) -> None:
    """Frees jobs for another process at once; an interrupted start does not count as a try."""
    with transaction.atomic():
        for job_id, fence in held:
            mine = Job.objects.filter(pk=job_id, fence=fence)
            free = {"state": State.PENDING, "lease_until": None, "holder": None}
            if not mine.filter(state=State.RUNNING).update(**free, tries=F("tries") - 1):
                mine.filter(state=State.QUEUED).update(**free)


def renew(holder: int, held: Iterable[tuple[UUID, int]]) -> None:
    """Prolongs the leases of what this process has in hand."""
    Job.objects.filter(
        pk__in=[job_id for job_id, _ in held], holder=holder, state__in=[State.QUEUED, State.RUNNING]
    ).update(lease_until=Now() + timedelta(seconds=LEASE))


def recall() -> int:
    """Takes back what was sent to executors and begun by none; how many. An old message is refused by its fence."""
    return Job.objects.filter(state=State.QUEUED, holder=None).update(state=State.PENDING, lease_until=None)


def holders() -> set[int]:
    """The processes that claim or execute at this moment: each holds its lock while it lives."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, [LOCK_CLASS, CLAIM_LOCK])
        return {holder for (holder,) in cursor.fetchall()}


def recover() -> int:
    """Makes jobs of dead processes claimable again; how many there were."""
    values = {"lease": LEASE, "silence": SILENCE, "class": LOCK_CLASS}
    with system_scope(Why.CLAIM_JOBS), connection.cursor() as cursor:
        cursor.execute(RECOVER, values)
        return cursor.rowcount


def _ours(job_id: UUID, fence: int, state: str) -> JobQuerySet:
    return Job.objects.filter(pk=job_id, fence=fence, state=state)
