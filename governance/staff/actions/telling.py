"""Writing an act of the staff into the chain of those it concerns, in the same commit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models

from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.people.models import Identity, User
from governance.registry.actions import get_action
from governance.uow import UnitOfWork, describe


def tell_identity(uow: UnitOfWork, identity_id: UUID, action: str, about: models.Model, **payload: Any) -> None:
    """The identity's own log says so too; `said` is what its page of the log shows of the payload."""
    draft = Draft(action, get_action(action).effect, Outcome.ALLOWED)
    describe(draft, about)
    draft.payload = {"by": uow.actor.name or "system", **payload}
    uow.also_told(identity_id, draft)


def tell_person(uow: UnitOfWork, person: User, action: str, **payload: Any) -> None:
    """What concerns an account stands in the chain of its person's own identity."""
    own = Identity.objects.filter(owner=person, kind=Identity.Kind.PERSONAL).values_list("pk", flat=True).first()
    if own is not None:
        tell_identity(uow, own, action, person, **payload)
