"""What-if: asked for, worked out by a job that tells how far it is, kept for the last twenty."""

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

from governance.errors import Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.jobs.queue import enqueue
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.rules.comparing import pasts, tally_for
from governance.rules.contents import RuleContent, checked_content, latest_of
from governance.rules.models import Rule, Verdict, WhatIf, WhatIfChange
from governance.rules.policies import may_rule, worker_for_ruler
from governance.uow import UnitOfWork, unit_of_work

START, FINISH = "governance.whatif.start", "governance.whatif.finish"
JOB = "governance.rules.whatif"
KEPT = 20
GIVEN_UP = timedelta(minutes=15)
TOLD_EVERY = 0.5  # seconds
UNDER_WAY = (WhatIf.State.WAITING, WhatIf.State.RUNNING)
State = WhatIf.State


class StartWhatIf(Params):
    """`content`, or else the draft of `rule`, or else the rules as they are, over the verdicts of the last `days`."""

    rule: UUID | None = None
    content: RuleContent | None = None
    days: int = Field(default=30, ge=1, le=366)


@action(START, Effect.CREATE, params=StartWhatIf, policy=may_rule, label=gettext_lazy("Try rules on the past"))
def start(uow: UnitOfWork, params: StartWhatIf) -> WhatIf:
    """Has the worker work it out; one at a time in an identity. Changes no rule and no verdict."""
    content: dict[str, Any] | None = checked_content(params.content) if params.content else None
    if params.rule is not None:
        rule = find(Rule.objects, params.rule)
        content = content or latest_of(rule)
    forget(uow)
    row = WhatIf(rule_id=params.rule, content=content, days=params.days, person_id=uow.actor.person_id)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("whatif_under_way", _("Another one is being worked out. Wait for it to end.")) from error
    enqueue(JOB, uow.actor.identity_id, row.pk, uow.actor.person_id)
    uow.announce("whatif.started", row.pk)
    return row


def forget(uow: UnitOfWork) -> None:
    """Makes room: the oldest go, and one that nobody works on any more has failed."""
    WhatIf.objects.filter(state__in=UNDER_WAY, created_at__lt=timezone.now() - GIVEN_UP).update(state=State.FAILED)
    old = list(WhatIf.objects.order_by("-id").values_list("pk", flat=True)[KEPT - 1 : KEPT + 30])
    WhatIfChange.objects.filter(whatif_id__in=old).delete()
    WhatIf.objects.filter(pk__in=old).delete()


class OneWhatIf(Params):
    whatif: UUID


class FinishWhatIf(OneWhatIf):
    found: dict[str, Any]


@action(FINISH, Effect.UPDATE, params=FinishWhatIf, policy=worker_for_ruler, label=gettext_lazy("Finish a what-if"))
def finish(uow: UnitOfWork, params: FinishWhatIf) -> WhatIf:
    """Keeps what was found. Raises Conflict when it has ended already."""
    row = uow.lock(WhatIf, params.whatif)
    if not row.is_under_way:
        raise Conflict()
    row.state, row.found, row.ended_at = State.DONE, params.found, timezone.now()
    row.done = row.total
    uow.change(row, "state", "found", "ended_at", "done")
    uow.announce("whatif.done", row.pk)
    return row


def work_out(whatif_id: UUID) -> None:
    """Walks the verdicts and writes which would be others; harmless to repeat: it begins anew."""
    with reading():
        row = find(WhatIf.objects, whatif_id)
        total = Verdict.objects.first_said(row.created_at - timedelta(days=row.days), row.created_at).count()
    if not row.is_under_way:
        return
    if not may_rule(current()):
        raise NotAllowed()
    tally = tally_for(row)
    _tell(row, 0, total, [], begin=True)
    changed: list[WhatIfChange] = []
    told = time.monotonic()
    for chunk in pasts(row):
        for past in chunk:
            if (found := tally.add(past)) is not None:
                changed.append(_changed(row, past.pk, past.before[0], *found))
        if time.monotonic() - told >= TOLD_EVERY:
            _tell(row, tally.looked, total, changed)
            changed, told = [], time.monotonic()
    _tell(row, tally.looked, total, changed)
    perform(FINISH, {"whatif": row.pk, "found": tally.found()})


def _changed(row: WhatIf, verdict: UUID, before: str, change: str, after: str) -> WhatIfChange:
    return WhatIfChange(whatif_id=row.pk, verdict_id=verdict, change=change, before=before, after=after)


def _tell(row: WhatIf, done: int, total: int, changed: list[WhatIfChange], *, begin: bool = False) -> None:
    """Writes how far it is, and what was found since; open pages hear of it."""
    with unit_of_work() as uow:
        if begin:
            WhatIfChange.objects.filter(whatif_id=row.pk).delete()
        WhatIfChange.objects.bulk_create(changed, batch_size=1000)
        WhatIf.objects.filter(pk=row.pk, state__in=UNDER_WAY).update(
            state=State.RUNNING, done=min(done, total), total=total
        )
        uow.announce("whatif.progress", row.pk, done=done, total=total)
