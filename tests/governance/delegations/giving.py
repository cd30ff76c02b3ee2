"""Delegations, for the tests of their edges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.models import Delegation, Membership
from governance.perform import perform
from tests.cast import Person


def delegated(giver: Person, holder: Person, identity: Any, **changes: Any) -> Delegation:
    """`holder` may approve for `giver` for a week."""
    with giver.acting(identity, proved=lambda second: True):
        row: Delegation = perform("governance.delegation.grant", given(holder, identity, **changes))
    return row


def given(holder: Person, identity: Any, **changes: Any) -> dict[str, Any]:
    member = Membership.objects.get(user=holder.user, identity=identity)
    return {"member": str(member.pk), "until": (timezone.now() + timedelta(days=7)).isoformat(), **changes}
