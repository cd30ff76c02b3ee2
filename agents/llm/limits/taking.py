"""The limits of providers as callers see them; where it is counted is decided by REDIS_URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from agents.llm.facts import ProviderFacts
from agents.llm.limits.contract import Counting, Lease, Priority, Room, Wait, limits_of
from agents.llm.limits.headers import said_in
from agents.llm.limits.in_postgres import InPostgres


def counting() -> Counting:
    """Redis where the installation has one, the database otherwise."""
    if settings.REDIS_URL:
        from agents.llm.limits.in_redis import in_redis

        return in_redis(settings.REDIS_URL)
    return InPostgres()


def take(
    provider: ProviderFacts,
    identity: UUID,
    tokens: int,
    *,
    ticket: UUID | None = None,
    priority: Priority = Priority.NORMAL,
) -> Lease | Wait:
    """Leave for one call of at most `tokens`, or how long to wait for it. Outside a transaction.

    Every limit is tested before any is charged. Who asks again with the same `ticket` keeps the place in the
    queue, and never takes twice. A call that alone is larger than a minute's tokens has a minute of its own.
    """
    return counting().take(limits_of(provider), ticket or uuid7(), identity, tokens, priority)


def give_back(lease: Lease, used_tokens: int) -> None:
    """The call is over and used that much; harmless to repeat."""
    counting().leave(lease.provider, lease.ticket, used_tokens)


def give_up(provider: str, ticket: UUID) -> None:
    """Leaves the queue, or gives back what was never used for a call."""
    counting().leave(provider, ticket, 0)


def obey(provider: ProviderFacts, headers: Mapping[str, str]) -> None:
    """Heeds what the provider says of its limits in the headers of an answer (or of a refusal)."""
    said = said_in(headers, provider.quirks.get("rate_headers_prefix"))
    if said is not None:
        counting().obey(provider.id, said)


def rooms(providers: Iterable[ProviderFacts]) -> dict[str, Room]:
    """What is left of each provider's limits at this moment, in one look."""
    return counting().rooms({each.id: limits_of(each) for each in providers})


def full(providers: Iterable[ProviderFacts]) -> frozenset[str]:
    """The providers without room at this moment: what routing passes over."""
    return frozenset(name for name, room in rooms(providers).items() if room.is_full)
