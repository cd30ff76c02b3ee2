"""Carrying out an erasure, in two steps: first nobody gets in any more, then everything goes, with its proof.

Between the steps what was under way ends. Each step is one transaction and harmless to repeat; files go before
the rows that name them, so that a crash in between forgets none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import ChainHead, Outcome
from governance.audit.vault import forget_keys
from governance.isolation.context import Why, system_scope
from governance.jobs.models import Job
from governance.live.notify import recheck
from governance.outbox.models import OutboundMail
from governance.people.models import Identity, Membership
from governance.registry.actions import Effect
from governance.rights.models import Erasure
from governance.rights.places import remove_files
from governance.rights.sweeping import nobody_in

logger = logging.getLogger("chenu.rights")

ERASED = "governance.identity.erased"
QUIET = timedelta(seconds=10)  # longer than any request that was let in before the doors closed
Farewell = Callable[[UUID], None]
_farewells: list[Farewell] = []


def register_farewell(call: Farewell) -> None:
    """`call(identity)` ends what it has in others, in the transaction of its erasure and the system's scope."""
    _farewells.append(call)


def close_identity(row: Erasure) -> bool:
    """Shuts the doors of an identity whose grace is over: pages, programs, sockets, jobs. False: it was undone."""
    now = timezone.now()
    with transaction.atomic():
        due = Erasure.objects.filter(pk=row.pk, state=Erasure.State.WAITING, due_at__lte=now)
        if not due.update(state=Erasure.State.ERASING, closed_at=now):
            return False
        shut(row.target_id)
    return True


def shut(identity_id: UUID) -> None:
    """Nobody acts for the identity any more, and nothing new begins; inside a transaction."""
    Identity.objects.filter(pk=identity_id).update(status=Identity.Status.SUSPENDED)
    Job.objects.filter(identity_id=identity_id, state=Job.State.PENDING).delete()
    for person_id in Membership.objects.filter(identity_id=identity_id).values_list("user_id", flat=True):
        recheck(person_id)


def erase_identity(row: Erasure) -> bool:
    """Erases a closed identity; False while a job of it still runs."""
    target = row.target_id
    if Job.objects.filter(identity_id=target, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists():
        return False
    with system_scope(Why.ACCOUNTS):
        mails = set(OutboundMail.objects.filter(identity_id=target).values_list("message_id", flat=True))
    remove_files(target, mails)
    owner = Identity.objects.filter(pk=target).values_list("owner_id", flat=True).first()
    with system_scope(Why.ACCOUNTS):
        _erase_rows(row, target)
        _keep_a_default(owner)
    forget_keys()
    return True


def _erase_rows(row: Erasure, target: UUID) -> None:
    """Last entry, rows, key and proof in one transaction."""
    actor = nobody_in(target)
    for call in _farewells:
        call(target)
    last = Draft(ERASED, Effect.DELETE, Outcome.ALLOWED, resource_type="governance.identity", resource_id=target)
    append(target, actor, [last], [])
    head = ChainHead.objects.values("seq", "hash").get(identity_id=target)
    with connection.cursor() as cursor:
        cursor.execute("SELECT chenu.erase_identity(%s)::text", [target])
        tables = orjson.loads(cursor.fetchone()[0])
    proof = {"tables": tables, "chain": {"seq": head["seq"], "hash": bytes(head["hash"]).hex()}}
    append(SYSTEM_CHAIN, actor, [_told(ERASED, "governance.identity", target, proof)], [])
    Erasure.objects.filter(pk=row.pk).update(state=Erasure.State.DONE, ended_at=timezone.now(), proof=proof)


def _told(action: str, kind: str, target: UUID, payload: dict[str, Any]) -> Draft:
    return Draft(action, Effect.DELETE, Outcome.ALLOWED, resource_type=kind, resource_id=target, payload=payload)


def _keep_a_default(person_id: UUID | None) -> None:
    """A person whose default identity went falls back on the personal one."""
    mine = Identity.objects.filter(owner_id=person_id)
    if not mine.filter(is_default=True).exists():
        mine.filter(kind=Identity.Kind.PERSONAL).update(is_default=True)


def end_due(quiet: timedelta = QUIET) -> None:
    """One round: closes identities whose grace is over, then erases those that have been closed for a moment."""
    identities = Erasure.objects.filter(kind=Erasure.Kind.IDENTITY)
    each(identities.filter(state=Erasure.State.WAITING, due_at__lte=timezone.now()), close_identity)
    each(identities.filter(state=Erasure.State.ERASING, closed_at__lte=timezone.now() - quiet), erase_identity)


def each(rows: QuerySet, step: Callable[[Erasure], bool]) -> None:
    """Takes the step for every row: one that fails does not keep the others waiting, and fails the round."""
    failures = []
    for row in rows.order_by("due_at"):
        try:
            step(row)
        except Exception as error:
            logger.exception("erasure %s failed", row.pk)
            failures.append(error)
    if failures:
        raise failures[0]
