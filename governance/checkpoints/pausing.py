"""An agent that asks and asks is paused: ten of its questions wait at most (design 3.4)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.models import Checkpoint
from governance.errors import TooMany

MOST_PENDING = 10


def check_room(waiting: int) -> None:
    """Raises TooMany when that many questions of one agent wait already."""
    if waiting >= MOST_PENDING:
        raise TooMany(_("Ten questions of this agent wait already: it is paused until some are decided."), 60)


def asks_the_same(agent: str, asked: str) -> bool:
    """Does this very question of an agent wait already? Raises TooMany when too many others do.

    Read without a lock, so that nobody who decides is waited for: agents that ask at the same moment may together
    pass the limit by as many as run at once.
    """
    pending = Checkpoint.objects.filter(agent=agent, status=Checkpoint.Status.PENDING)
    found = list(pending.order_by("-expires_at").values_list("request_digest", "expires_at")[: 5 * MOST_PENDING])
    if any(digest == asked for digest, _ends in found):
        return True
    now = timezone.now()
    check_room(sum(ends > now for _digest, ends in found))
    return False
