"""A person says that a question weighs more: its level rises, and its time gets shorter, never longer (design 3.4)."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.actions import check_open
from governance.checkpoints.models import LIFETIME, Checkpoint
from governance.checkpoints.policies import may_decide
from governance.errors import Conflict
from governance.isolation.lookup import find
from governance.registry.actions import Effect, Params, action
from governance.rules.engine import LEVELS
from governance.rules.models import Level
from governance.uow import UnitOfWork

ESCALATE = "governance.checkpoint.escalate"


class Escalate(Params):
    checkpoint: UUID


@action(ESCALATE, Effect.UPDATE, params=Escalate, policy=may_decide, label=_("Raise the level of a question"))
def escalate(uow: UnitOfWork, params: Escalate) -> Checkpoint:
    """One level up; it goes on waiting, under the same seal. Votes stay: they were cast on the same envelope."""
    row: Checkpoint = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    check_open(row)
    if row.level == Level.CRITICAL:
        raise Conflict("highest_level", _("There is no higher level."))
    before = row.level
    row.level = LEVELS[LEVELS.index(Level(before)) + 1]
    row.expires_at = min(row.expires_at, timezone.now() + LIFETIME[Level(row.level)])
    row.save(update_fields=["level", "expires_at"])
    uow.tell(before=before, after=row.level)
    uow.announce("checkpoint.escalated", row.pk, row.run_id, level=row.level)
    return row
