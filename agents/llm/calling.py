"""hold and attempt → limit → call → settle → observe, in that order (design 5.3): the bookkeeping around one call.

`reserve` and `account_for` run inside the unit of work of their commit; the call itself, with the limit before and
the observation behind it (`passage.py`), holds neither a transaction nor a connection. The attempt is written with
its hold, in one commit; one that has to wait for room says so, and is not paid when its process is lost meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from agents.llm.catalogue import credits
from agents.llm.errors import CallFailed
from agents.llm.exchange import Answer, ModelRequest
from agents.llm.limits.contract import Wait
from agents.llm.models import Attempt
from agents.llm.switches import refuse_stopped
from governance.ledger import budget
from governance.uow import UnitOfWork

USE = ("input_tokens", "output_tokens", "credits", "pico_usd")


@dataclass(frozen=True, slots=True)
class Spender:
    """What a call is paid from, and for: the leaf account, its run and thread (a completion has neither)."""

    account_id: UUID
    run_id: UUID | None
    thread_id: UUID | None


def reserve(uow: UnitOfWork, spender: Spender, request: ModelRequest) -> Attempt:
    """Reserves the worst case of the call on every account; raises BudgetExceeded and then nothing is reserved.

    Raises Halted, before anything is reserved, while a kill switch stops the provider.
    The worst case counts each byte of the prompt as a token: no tokeniser makes more of them.
    """
    refuse_stopped(request.model.provider)
    input_bound = request.bytes()
    held = budget.hold(
        spender.account_id,
        credits(input_bound, request.output_limit),
        request.model.worst_cost(input_bound, request.output_limit),
        run=spender.run_id,
        thread=spender.thread_id,
        calling=True,
    )
    attempt = Attempt(
        run_id=spender.run_id,
        provider=request.model.provider,
        model=request.model.id,
        price_version=request.model.price_version,
        hold_id=held.id,
        held_credits=held.tokens,
        held_pico_usd=held.pico_usd,
        started_at=timezone.now(),
    )
    uow.add(attempt)
    uow.announce("llm.call.start", attempt.pk, spender.run_id, model=request.model.id)
    return attempt


def note_wait(uow: UnitOfWork, attempt: Attempt, wait: Wait) -> None:
    """There is no room at the provider yet: nothing is called until there is."""
    attempt.state = Attempt.State.WAITING
    uow.change(attempt, "state")
    uow.announce("llm.call.wait", attempt.pk, attempt.run_id, why=wait.why, seconds=round(wait.seconds, 1))


def note_room(uow: UnitOfWork, attempt: Attempt) -> None:
    """There is room: the call is made, and paid even when its process is lost."""
    attempt.state = Attempt.State.CALLING
    uow.change(attempt, "state")
    uow.announce("llm.call.go", attempt.pk, attempt.run_id, model=attempt.model)


def account_for(uow: UnitOfWork, attempt: Attempt, request: ModelRequest, ended: Answer | CallFailed) -> None:
    """Settles an attempt with what it used, priced from the catalogue."""
    failed = isinstance(ended, CallFailed)
    attempt.state = Attempt.State.FAILED if failed else Attempt.State.DONE
    attempt.error = ended.code if isinstance(ended, CallFailed) else ""
    attempt.input_tokens, attempt.output_tokens = ended.input_tokens or 0, ended.output_tokens or 0
    attempt.usage_estimated = ended.usage_estimated
    attempt.credits = credits(attempt.input_tokens, attempt.output_tokens)
    attempt.pico_usd = price(request, ended)
    _close(uow, attempt)
    kind = "llm.call.error" if failed else "llm.call.complete"
    uow.announce(kind, attempt.pk, attempt.run_id, credits=attempt.credits, error=attempt.error)


def price(request: ModelRequest, ended: Answer | CallFailed) -> int:
    """What a call costs by the catalogue, in pico-USD; nothing when it never began."""
    used_input, used_output = ended.input_tokens or 0, ended.output_tokens or 0
    if not used_input and not used_output:
        return 0
    return request.model.cost(
        used_input,
        used_output,
        cache_read=ended.cache_read_tokens,
        cache_write_5m=ended.cache_write_5m_tokens,
        cache_write_1h=ended.cache_write_1h_tokens,
    )


def give_up_lost(uow: UnitOfWork, run_id: UUID) -> list[Attempt]:
    """Attempts whose process died during the call: nobody knows what they used, so all that was held is spent.

    Those that still waited for room have called nobody: what was held for them is given back.
    """
    lost = list(Attempt.objects.filter(run_id=run_id, state__in=[Attempt.State.CALLING, Attempt.State.WAITING]))
    for attempt in lost:
        close_lost(uow, attempt)
    return lost


def close_lost(uow: UnitOfWork, attempt: Attempt) -> None:
    """One such attempt."""
    if attempt.state == Attempt.State.CALLING:
        attempt.credits, attempt.pico_usd, attempt.usage_estimated = attempt.held_credits, attempt.held_pico_usd, True
    attempt.state, attempt.error = Attempt.State.LOST, "lost"
    _close(uow, attempt)


def _close(uow: UnitOfWork, attempt: Attempt) -> None:
    attempt.ended_at = timezone.now()
    uow.change(attempt, "state", "error", *USE, "usage_estimated", "ended_at")
    budget.settle(attempt.hold_id, attempt.credits, attempt.pico_usd)
