"""What a thread's runs have used: added inside the unit of work that settles them."""

from __future__ import annotations

from uuid import UUID

from governance.uow import UnitOfWork
from threads.models import Thread


def add_usage(uow: UnitOfWork, thread_id: UUID, tokens: int, cost_pico_usd: int) -> None:
    """Adds settled tokens and money (10⁻¹² US dollars, both ≥ 0) to a thread of the bound identity.

    Written with the unit of work, also for an archived thread: what was spent was spent. Raises NotThere
    when the identity has no such thread.
    """
    if tokens < 0 or cost_pico_usd < 0:
        raise ValueError("usage only grows")
    thread = uow.lock(Thread, thread_id)
    thread.tokens_used += tokens
    thread.cost_pico_usd += cost_pico_usd
    uow.change(thread, "tokens_used", "cost_pico_usd")
