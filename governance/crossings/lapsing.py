"""An offer that nobody answers lapses: what was sealed for it does not lie there for ever."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.actions import by_the_system
from governance.crossings import elsewhere
from governance.crossings.actions import settle
from governance.crossings.ending import OneTransfer, cancel_question
from governance.crossings.models import Crossing, CrossingParcel
from governance.errors import Conflict, GovernanceError
from governance.isolation.context import Why, bind, system_scope
from governance.perform import perform
from governance.registry.actions import Effect, action
from governance.rights.sweeping import nobody_in
from governance.uow import UnitOfWork

LAPSE = "governance.transfer.lapse"
OFFERED_FOR = timedelta(days=30)
AT_ONCE = 200
State = Crossing.State


@action(LAPSE, Effect.UPDATE, params=OneTransfer, policy=by_the_system, label=_("Let an offer lapse"))
def lapse(uow: UnitOfWork, params: OneTransfer) -> Crossing:
    """Ends an offer whose month is over, on either side. Raises Conflict for any other."""
    row = uow.lock(Crossing, params.transfer)
    arrived = row.direction == Crossing.Direction.IN and row.state == State.OFFERED
    if not arrived or row.executed_at is None or row.executed_at > timezone.now() - OFFERED_FOR:
        raise Conflict("not_overdue", _("This offer is not overdue."))
    CrossingParcel.objects.filter(crossing=row).delete()
    cancel_question(uow, row)
    settle(uow, row, state=State.EXPIRED, ended_at=timezone.now())
    elsewhere.tell_source(row, State.EXPIRED)
    uow.announce("transfer.lapsed", row.pk)
    elsewhere.also_there(uow, row, LAPSE, "transfer.answered")
    return row


def lapse_overdue() -> None:
    """One round over all identities; each offer ends inside its own one."""
    with system_scope(Why.SWEEP):
        waiting = Crossing.objects.filter(direction=Crossing.Direction.IN, state=State.OFFERED)
        overdue = list(waiting.filter(executed_at__lte=timezone.now() - OFFERED_FOR).order_by("executed_at")[:AT_ONCE])
    for row in overdue:
        with bind(nobody_in(row.identity_id)):
            try:
                perform(LAPSE, {"transfer": row.pk})
            except GovernanceError:
                continue  # it was answered in the same moment; the refusal is on the record
