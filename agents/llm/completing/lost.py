"""Completions whose process died during the call: what was held is spent, and the attempt says so (design 3.6)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.llm.calling import close_lost
from agents.llm.models import Attempt
from governance.checkpoints.execution import mark_pending_effect
from governance.checkpoints.models import Execution
from governance.isolation.context import Channel, IdentityContext, Why, bind, reading, system_scope
from governance.uow import unit_of_work

LOST_AFTER = timedelta(minutes=15)  # longer than any call may take
AT_ONCE = 200
UNDER_WAY = (Attempt.State.CALLING, Attempt.State.WAITING)


def end_lost(older_than: timedelta = LOST_AFTER) -> int:
    """Closes the attempts without a run that nobody will close any more; how many they were."""
    before = timezone.now() - older_than
    calling = {"state__in": UNDER_WAY, "run_id": None, "started_at__lte": before}
    with system_scope(Why.SWEEP):
        lost = list(Attempt.objects.filter(**calling).order_by("pk").values_list("identity_id", "pk")[:AT_ONCE])
    return sum(_end(identity_id, pk) for identity_id, pk in lost)


def _end(identity_id: UUID, pk: UUID) -> bool:
    with bind(IdentityContext(UUID(int=0), identity_id, "system", Channel.SYSTEM, uuid7())):
        with unit_of_work() as uow:
            attempt = Attempt.objects.select_for_update().filter(pk=pk, state__in=UNDER_WAY).first()
            if attempt is None:
                return False
            close_lost(uow, attempt)
            uow.announce("llm.call.error", attempt.pk, None, credits=attempt.credits, error=attempt.error)
        with reading():
            begun = Execution.objects.filter(resource_id=attempt.first_id, state=Execution.State.RUNNING).first()
        if begun is not None:
            mark_pending_effect(begun)
    return True
