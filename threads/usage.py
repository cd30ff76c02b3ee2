"""What a thread's runs have used: added inside the unit of work that settles them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from governance.errors import NotThere
from threads.models import Thread


def add_usage(thread: UUID, tokens: int, cost_pico_usd: int) -> None:
    """Adds settled tokens and money (10⁻¹² US dollars, both ≥ 0) to a thread of the bound identity.

    To be called inside the caller's open unit of work, also for an archived thread: what was spent was
    spent. Raises NotThere when the identity has no such thread.
    """
    if tokens < 0 or cost_pico_usd < 0:
        raise ValueError("usage only grows")
    added = Thread.objects.filter(pk=thread).update(
        tokens_used=F("tokens_used") + tokens, cost_pico_usd=F("cost_pico_usd") + cost_pico_usd
    )
    if not added:
        raise NotThere()
