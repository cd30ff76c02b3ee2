"""Doing one claimed job: bind who it is for, run its handler, settle the row (design 2.4, 3.2)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from governance.errors import Conflict, GovernanceError, TooMany
from governance.isolation.context import Channel, IdentityContext, bind
from governance.jobs import claims
from governance.jobs.claims import Started
from governance.jobs.hands import hands
from governance.jobs.models import Job
from governance.jobs.queue import call_worker
from governance.jobs.registry import get_kind
from governance.live.outage import LOST, is_lost
from governance.people.models import Membership
from governance.people.standing import NoLongerMember

logger = logging.getLogger("chenu.jobs")

LONGEST_ERROR = 60
PAUSE = 0.5  # seconds between two questions to a database that is away

T = TypeVar("T")


def run_job(job_id: UUID, fence: int) -> None:
    """Executes the job if this claim (`fence`) still holds; never raises for what its handler does."""
    hands.open()
    hands.take(job_id, fence)
    try:
        started = _patiently(lambda: claims.start(job_id, fence, hands.holder))
        if started is not None:
            error = _attempt(started)
            _patiently(lambda: _settle(started, error))
    except LOST as error:
        hands.outage.began(error)
    finally:
        connection.close()
        hands.drop(job_id, fence)


def context_of(started: Started) -> IdentityContext | None:
    """The context a job runs in, with the person's role of *now*; None for an installation's job.

    Raises NoLongerMember: rights are looked up again, not remembered. The job's id stands for the request.
    """
    if started.identity_id is None or started.person_id is None:
        return None
    mine = Membership.objects.of_person(started.person_id).filter(identity_id=started.identity_id)
    role = next(iter(mine.select_related(None).order_by().values_list("role", flat=True)), None)
    if role is None:
        raise NoLongerMember()
    return IdentityContext(
        person_id=started.person_id,
        identity_id=started.identity_id,
        role=role,
        channel=Channel.TASK,
        request_id=started.id,
    )


def _attempt(started: Started) -> Exception | None:
    """Runs the handler; what went wrong, or None."""
    try:
        with bind(context_of(started)):
            get_kind(started.kind).handler(started.object_id)
    except GovernanceError as refusal:
        return refusal
    except LOST as error:
        if is_lost(error):
            hands.outage.began(error)
        else:
            logger.warning("job %s (%s): the database refused it: %s", started.id, started.kind, type(error).__name__)
        return error
    except Exception as error:
        logger.exception("job %s (%s) failed", started.id, started.kind)
        return error
    return None


def _settle(started: Started, error: Exception | None) -> None:
    if not _settled(started, error):
        logger.warning("job %s (%s): its lease was lost, another process does it", started.id, started.kind)
    if settings.REDIS_URL:
        with transaction.atomic():
            call_worker()


def _settled(started: Started, error: Exception | None) -> bool:
    if error is None:
        return claims.settle(started.id, started.fence, Job.State.DONE)
    code = _code(error)
    if is_final(error):
        return claims.settle(started.id, started.fence, Job.State.REFUSED, code)
    if started.tries >= get_kind(started.kind).tries:
        return claims.settle(started.id, started.fence, Job.State.DEAD, code)
    return claims.retry(started.id, started.fence, started.tries, code)


def is_final(error: Exception) -> bool:
    """A refusal that another try would meet again; a conflict or a limit passes."""
    return isinstance(error, GovernanceError) and error.status < 500 and not isinstance(error, Conflict | TooMany)


def _code(error: Exception) -> str:
    name = error.code if isinstance(error, GovernanceError) else type(error).__name__
    return name[:LONGEST_ERROR]


def _patiently(step: Callable[[], T]) -> T:
    """Repeats a step of ours while the database is away: the effect may be done, it must be noted."""
    while True:
        try:
            return step()
        except LOST as error:
            connection.close()
            if not is_lost(error) or hands.stopping.wait(PAUSE):
                raise
            hands.outage.began(error)
