"""Which state the registry is in; every change of its rows says so in its own commit (design 5.1, 5.2)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from agents.llm.registry.models import RegistryState
from governance.uow import UnitOfWork


def changed(uow: UnitOfWork) -> None:
    """The rows are others with this commit. Writers take turns here, so that states follow each other."""
    from agents.llm.registry.snapshot import forget

    if not RegistryState.objects.filter(pk=1).update(number=F("number") + 1, stamp=uuid7()):
        RegistryState.objects.create(number=1)
    uow.after_commit.append(forget)


def now() -> tuple[int, UUID | None]:
    """The number and the stamp of the present state; one query."""
    return RegistryState.objects.values_list("number", "stamp").first() or (0, None)
