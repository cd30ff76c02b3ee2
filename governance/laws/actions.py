"""What is done about the laws: somebody has them looked at now, and what has turned is put on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import TooMany
from governance.isolation.context import IdentityContext
from governance.jobs.queue import enqueue
from governance.laws.models import LawCheck
from governance.notifications.laws import BROKEN, tell_staff
from governance.people.policies import may_manage, person_itself
from governance.registry.actions import Effect, Params, action
from governance.staff.policies import is_machine
from governance.uow import UnitOfWork

ASK, CHANGE = "governance.law.check", "governance.law.change"
JOB = "governance.laws.ask"
NOT_BEFORE = timedelta(seconds=60)


def may_ask(actor: IdentityContext, params: Any = None) -> bool:
    """Owners and administrators, in person: it costs the machine something."""
    return may_manage(actor, params) and person_itself(actor, params)


class AskLaws(Params):
    """Every check of the installation."""


@action(ASK, Effect.UPDATE, params=AskLaws, policy=may_ask, label=_("Check the laws now"))
def ask(uow: UnitOfWork, params: AskLaws) -> None:
    """Has the worker look at everything. Raises TooMany when it was looked at less than a minute ago."""
    last = LawCheck.objects.order_by("-at").values_list("at", flat=True).first()
    left = last + NOT_BEFORE - timezone.now() if last else timedelta()
    if left > timedelta():
        raise TooMany(_("It was looked at a moment ago."), int(left.total_seconds()) + 1)
    enqueue(JOB, uow.actor.identity_id, None, uow.actor.person_id)


class Turned(Params):
    key: str = Field(max_length=60)
    law: str = Field(max_length=3)
    state: LawCheck.State
    detail: str = Field(max_length=500)
    at: datetime
    duration_us: int = Field(ge=0)


class ChangeLaws(Params):
    checks: list[Turned] = Field(min_length=1)


@action(CHANGE, Effect.UPDATE, params=ChangeLaws, policy=is_machine, label=_("A check of the laws has turned"))
def change(uow: UnitOfWork, params: ChangeLaws) -> None:
    """Keeps what was found, and tells the staff of each that does not hold any more."""
    for each in params.checks:
        LawCheck.objects.update_or_create(key=each.key, defaults={**each.model_dump(exclude={"key"}), "since": each.at})
    for each in params.checks:
        if each.state == LawCheck.State.BROKEN:
            tell_staff(uow, BROKEN, law=each.law, about=f"{each.key}-{each.at:%Y%m%d%H%M%S}")
