"""The whole chain verified in the background: one at a time in an identity, told as it goes, its result kept.

Staff have the system's own chain verified by the same acts, bound to it; the worker then acts as the installation.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from governance.audit.models import ChainCheck, ChainHead
from governance.audit.signing import keys
from governance.audit.signing.checking import first_head_fault
from governance.audit.signing.models import SignedHead
from governance.audit.verify import CHUNK, GENESIS, ChainReport, verify_chain
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import SYSTEM_CHAIN, Channel, IdentityContext, current, reading
from governance.isolation.lookup import find
from governance.jobs.queue import enqueue
from governance.people.policies import may_write
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.staff.policies import is_machine, is_staff_acting
from governance.uow import UnitOfWork, unit_of_work

START, FINISH = "governance.audit.verify", "governance.audit.verified"
JOB, SYSTEM_JOB = "governance.audit.check", "governance.audit.check_system"
KEPT = 20
GIVEN_UP = timedelta(minutes=30)
TOLD_EVERY = 0.5  # seconds
State = ChainCheck.State
UNDER_WAY = (State.WAITING, State.RUNNING)


class StartCheck(Params):
    """Every entry from the first, every payload and every signed head."""


def may_ask(actor: IdentityContext, params: Any = None) -> bool:
    """Who writes in the identity; of the system's chain, the staff."""
    return may_write(actor, params) or is_staff_acting(actor, params)


@action(START, Effect.CREATE, params=StartCheck, policy=may_ask, label=gettext_lazy("Verify the whole log"))
def start(uow: UnitOfWork, params: StartCheck) -> ChainCheck:
    """Has the worker read the whole log again; one at a time in an identity. Raises Conflict meanwhile."""
    stale = ChainCheck.objects.filter(state__in=UNDER_WAY, created_at__lt=timezone.now() - GIVEN_UP)
    stale.update(state=State.FAILED, ended_at=timezone.now())
    old = list(ChainCheck.objects.newest_first().values_list("pk", flat=True)[KEPT - 1 : KEPT + 30])
    ChainCheck.objects.filter(pk__in=old).exclude(state__in=UNDER_WAY).delete()
    total = ChainHead.objects.values_list("seq", flat=True).first() or 0
    row = ChainCheck(person_id=uow.actor.person_id, total=total)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("verification_under_way", _("The log is being verified already.")) from error
    if uow.actor.identity_id == SYSTEM_CHAIN:
        enqueue(SYSTEM_JOB, None, row.pk, None)
    else:
        enqueue(JOB, uow.actor.identity_id, row.pk, uow.actor.person_id)
    announce(uow, "verification.started", row.pk)
    return row


def announce(uow: UnitOfWork, kind: str, pk: UUID, **data: Any) -> None:
    """Open pages of the identity hear of it; of the system's chain there are no news."""
    if uow.actor.identity_id != SYSTEM_CHAIN:
        uow.announce(kind, pk, **data)


def worker_may(actor: IdentityContext, params: Any = None) -> bool:
    """The job that such a person asked for, if they still may; the installation itself in its own chain."""
    return (actor.channel is Channel.TASK and may_write(actor, params)) or is_machine(actor, params)


class FinishCheck(Params):
    check_id: UUID
    done: int = Field(ge=0)
    first_bad: dict[str, Any] | None
    signed: int | None
    hash: str = Field(pattern="^[0-9a-f]{64}$")


@action(FINISH, Effect.UPDATE, params=FinishCheck, policy=worker_may, label=gettext_lazy("The log was verified"))
def finish(uow: UnitOfWork, params: FinishCheck) -> ChainCheck:
    """Keeps what was found. Raises Conflict when it has ended already."""
    row = uow.lock(ChainCheck, params.check_id)
    if not row.is_under_way:
        raise Conflict()
    row.state, row.ended_at = State.DONE, timezone.now()
    row.ok, row.first_bad, row.signed, row.hash = params.first_bad is None, params.first_bad, params.signed, params.hash
    row.done, row.total = params.done, max(row.total, params.done)
    uow.change(row, "state", "ended_at", "ok", "first_bad", "signed", "hash", "done", "total")
    announce(uow, "verification.done", row.pk, ok=row.ok)
    return row


def work_out(check_id: UUID) -> None:
    """Reads the chain piece by piece, then its signed heads; harmless to repeat: it begins anew."""
    with reading():
        row = find(ChainCheck.objects, check_id)
    if not row.is_under_way:
        return
    if not worker_may(current()):
        raise NotAllowed()
    report = walk(row)
    first_bad, signed = report.first_bad, None
    if report.ok:
        with reading():
            first_bad, signed = heads(report)
    told = {"check_id": row.pk, "done": report.entries, "first_bad": first_bad, "signed": signed, "hash": report.head}
    perform(FINISH, told)


def walk(row: ChainCheck) -> ChainReport:
    """From the first entry to the head, each piece in a transaction of its own."""
    since, told = (0, GENESIS), 0.0
    while True:
        if time.monotonic() - told >= TOLD_EVERY:
            tell(row, since[0])
            told = time.monotonic()
        with reading():
            report = verify_chain(row.identity_id, open_payloads=True, since=since, most=CHUNK)
        if not report.ok or report.entries - since[0] < CHUNK:
            return report
        since = (report.entries, bytes.fromhex(report.head))


def heads(report: ChainReport) -> tuple[dict[str, Any] | None, int | None]:
    """(the first signed head that does not hold, up to which entry the log is signed)."""
    try:
        rows = SignedHead.objects.order_by("number")
        found = first_head_fault(current().identity_id, rows.iterator(), keys.known())
    except keys.KeyProblem as problem:
        return {"seq": 0, "id": None, "reason": str(problem)}, None
    if found is not None:
        return {"seq": found[0].seq, "id": None, "reason": found[1]}, None
    return None, SignedHead.objects.order_by("-number").values_list("seq", flat=True).first()


def tell(row: ChainCheck, done: int) -> None:
    """Writes how far it is; open pages hear of it."""
    with unit_of_work() as uow:
        total = max(row.total, done)
        ChainCheck.objects.filter(pk=row.pk, state__in=UNDER_WAY).update(state=State.RUNNING, done=done, total=total)
        announce(uow, "verification.progress", row.pk, done=done, total=total)
