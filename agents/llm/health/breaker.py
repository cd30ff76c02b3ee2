"""May a provider be called now, and what each call tells of it (design 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from agents.llm.errors import CallFailed
from agents.llm.health.models import ModelSpeed, ProviderHealth
from agents.llm.limits.contract import LONGEST_CALL
from governance.live.notify import broadcast

CHANGED = "provider.health.changed"
# Failures that say something of the provider. What a person stopped, what it refused as wrong, and what it has no
# room for (its limits are heeded elsewhere) does not.
TELLING = frozenset(
    {"overloaded", "provider_error", "unreachable", "timeout", "cut", "malformed", "too_much", "wrong_model"}
)
FEWEST_TOKENS = 16  # shorter answers measure the network, not the model


class ProviderDown(CallFailed):
    """The provider's breaker is open: `provider_down`. `retry_after`: seconds until somebody may try."""

    def __init__(self, provider: str, seconds: float) -> None:
        super().__init__("provider_down", f"{provider} is not called for another {seconds:.0f} s")
        self.retry_after = seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """How one call or probe ended. `model` is '' for a probe, `code` '' for a success; milliseconds."""

    model: str
    code: str
    total_ms: int
    first_token_ms: int | None = None
    output_tokens: int = 0

    @property
    def tokens_per_second(self) -> float | None:
        """While it wrote; None where too little was written to tell."""
        if self.code or self.first_token_ms is None or self.output_tokens < FEWEST_TOKENS:
            return None
        return self.output_tokens / max((self.total_ms - self.first_token_ms) / 1000, 0.001)


def admit(provider: str, ticket: UUID) -> None:
    """Raises ProviderDown while the provider must not be called. After its pause one ticket at a time passes.

    Whoever has passed tells how it ended (`observe`) or that no call was made (`unclaim`).
    """
    admitted, seconds, was, now_is = _row(
        "SELECT admitted, seconds, was, now_is FROM chenu.provider_admit(%s, %s, %s)",
        [provider, ticket, timedelta(seconds=LONGEST_CALL)],
    )
    if was != now_is:
        broadcast(CHANGED, provider=provider, state=now_is)
    if not admitted:
        raise ProviderDown(provider, seconds)


def unclaim(provider: str, ticket: UUID) -> None:
    """The ticket made no call: if it was the one to find out, another one may."""
    _row("SELECT chenu.provider_unclaim(%s, %s)", [provider, ticket])


def observe(provider: str, ticket: UUID, seen: Seen) -> str:
    """Keeps how a call ended, moves averages and breaker, and tells everybody of a change. The state after it."""
    ok, telling = not seen.code, seen.code in TELLING
    was, now_is = _row(
        "SELECT was, now_is FROM chenu.provider_observe(%s, %s, %s, %s, %s, %s, %s, %s, %s::real)",
        [
            provider, seen.model, seen.code, ticket, ok, telling, seen.first_token_ms, seen.total_ms,
            seen.tokens_per_second,
        ],
    )  # fmt: skip
    if was != now_is:
        broadcast(CHANGED, provider=provider, state=now_is)
    return str(now_is)


def unwell() -> frozenset[str]:
    """The providers that are not to be called now: what routing passes over. One whose pause is over may be tried."""
    closed_off = Q(state=ProviderHealth.State.OPEN, retry_at__gt=Now())
    being_tried = Q(state=ProviderHealth.State.HALF_OPEN, probe_until__gt=Now())
    return frozenset(ProviderHealth.objects.filter(closed_off | being_tried).values_list("provider", flat=True))


def rates() -> dict[tuple[str, str], int]:
    """Tokens per second as measured, by provider and model."""
    rows = ModelSpeed.objects.values_list("provider", "model", "tokens_per_second")
    return {(provider, model): round(rate) for provider, model, rate in rows}


def _row(sql: str, arguments: list[Any]) -> tuple[Any, ...]:
    if connection.in_atomic_block:
        raise RuntimeError("health is kept outside a transaction: others would wait for its end")
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchone()  # type: ignore[no-any-return]
