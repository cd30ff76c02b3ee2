"""People of a benchmark: registered by the real action, acting through the real doors."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A registered person and the identity they act for."""

    user: Any
    identity_id: UUID
    role: str = "owner"

    def context(self, channel: str = "api") -> Any:
        from governance.isolation.context import Channel, IdentityContext

        return IdentityContext(self.user.pk, self.identity_id, self.role, Channel(channel), uuid7())

    @contextmanager
    def acting(self, channel: str = "api") -> Iterator[None]:
        """Binds the person for the block."""
        from governance.isolation.context import bind

        with bind(self.context(channel)):
            yield

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Binds the person and opens a reading transaction."""
        from governance.isolation.context import reading

        with self.acting(), reading():
            yield

    def token(self) -> str:
        """A live access token for the API and the sockets."""
        from governance.access.tokens import issue

        return issue(self.user).access


def people(count: int) -> list[Person]:
    """New people, each with a personal identity."""
    from governance.models import Identity
    from governance.people.registration import register_person

    made = []
    for _ in range(count):
        name = f"bench-{os.getpid()}-{next(_numbers)}"
        user = register_person(email=f"{name}@example.com", password=None, display_name=name)
        made.append(Person(user, Identity.objects.get(owner=user).pk))
    return made


def intact(person: Person) -> bool:
    """Is the identity's chain whole, and does every payload open to what it was committed to?"""
    from governance.audit.verify import verify_chain

    with person.looking():
        return verify_chain(person.identity_id, open_payloads=True).ok


def wrong_balances(person: Person) -> list[str]:
    """Accounts whose balance is not the sum of their ledger rows, or that still reserve something."""
    from django.db.models import Sum

    from governance.models import Account, LedgerEntry

    with person.looking():
        sums = dict(LedgerEntry.objects.values_list("account_id").annotate(total=Sum("tokens")).order_by())
        return [
            f"{row.kind} {row.ref}: balance {row.tokens_balance}, rows {sums.get(row.pk, 0)}"
            for row in Account.objects.all()
            if row.tokens_balance != sums.get(row.pk, 0)
        ]
