"""Whom to tell: always members of the identity that is told of, chosen by the database when it is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.people.models import Role
from governance.people.policies import MANAGERS, WRITERS


@dataclass(frozen=True, slots=True)
class People:
    """A condition on the memberships `m` of the identity."""

    condition: str
    params: tuple[Any, ...] = ()

    def but(self, *person_ids: UUID) -> People:
        """Those of them who are not named."""
        return People(f"{self.condition} AND m.user_id <> ALL(%s::uuid[])", (*self.params, list(person_ids)))

    def or_these(self, *person_ids: UUID) -> People:
        """They, and the named people."""
        return People(f"({self.condition} OR m.user_id = ANY(%s::uuid[]))", (*self.params, list(person_ids)))

    def or_told(self, event: str, about: object) -> People:
        """They, and who was told of an event about the same fact."""
        told = (
            "EXISTS (SELECT 1 FROM governance_notification o WHERE o.identity_id = m.identity_id"
            " AND o.person_id = m.user_id AND o.event = %s AND o.about = %s)"
        )
        return People(f"({self.condition} OR {told})", (*self.params, event, str(about)))

    def unless_member(self, person_id: UUID) -> People:
        """Nobody when the named person belongs to the identity themselves."""
        stranger = (
            "NOT EXISTS (SELECT 1 FROM governance_membership s WHERE s.identity_id = m.identity_id AND s.user_id = %s)"
        )
        return People(f"{self.condition} AND {stranger}", (*self.params, person_id))


def everybody() -> People:
    return People("true")


def owners() -> People:
    return _with_role([Role.OWNER])


def managers() -> People:
    """Owners and administrators."""
    return _with_role(MANAGERS)


def deciders(roles: Iterable[str] = ()) -> People:
    """Who may decide a question: those with one of the roles, or everybody who writes."""
    return _with_role(roles or WRITERS)


def these(*person_ids: UUID) -> People:
    """The named people, as far as they belong to the identity."""
    return People("m.user_id = ANY(%s::uuid[])", (list(person_ids),))


def requester_of(checkpoint_id: UUID | None) -> People:
    """Who asked a question."""
    return People("m.user_id = (SELECT c.requester_id FROM governance_checkpoint c WHERE c.id = %s)", (checkpoint_id,))


def _with_role(roles: Iterable[str]) -> People:
    return People("m.role = ANY(%s)", (sorted(str(role) for role in roles),))
