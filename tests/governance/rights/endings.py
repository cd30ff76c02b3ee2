"""Erasures as people ask for them, and as the worker carries them out when their time has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.perform import perform
from governance.rights.erasing import end_due
from governance.rights.models import Erasure
from tests.cast import Person

NOW = timedelta(0)


def erasure_of(person: Person, identity: Any) -> Erasure:
    with person.acting(identity):
        return perform("governance.identity.erase", {"name": identity.name})


def overdue(row: Erasure) -> Erasure:
    """The grace is over."""
    Erasure.objects.filter(pk=row.pk).update(due_at=timezone.now())
    return row


def carried_out(row: Erasure) -> Erasure:
    """The worker's next rounds after the grace; the row as it is then."""
    overdue(row)
    end_due(NOW)
    row.refresh_from_db()
    return row
