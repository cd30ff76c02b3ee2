"""People and identities as the API shows them (design 6.2, pinned)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.people.models import Identity, Membership, User


class PersonOut(BaseModel):
    id: UUID
    email: str
    display_name: str
    language: str
    timezone: str
    theme: str
    density: str


class IdentityOut(BaseModel):
    id: UUID
    kind: str
    name: str
    region: str
    currency: str
    role: str
    is_default: bool
    second_factor_required: bool


class IdentityList(BaseModel):
    results: list[IdentityOut]


class Registered(BaseModel):
    user: PersonOut
    identity: IdentityOut
    access: str
    refresh: str


class SignedIn(BaseModel):
    access: str
    refresh: str
    user: PersonOut
    identities: list[IdentityOut]


class Pair(BaseModel):
    access: str
    refresh: str


def person_out(person: User) -> dict[str, Any]:
    fields = {name: getattr(person, name) for name in PersonOut.model_fields}
    return PersonOut(**fields).model_dump(mode="json")


def identity_out(identity: Identity, role: str) -> dict[str, Any]:
    fields = {name: getattr(identity, name) for name in IdentityOut.model_fields if name != "role"}
    return IdentityOut(**fields, role=role).model_dump(mode="json")


def identities_out(person_id: UUID) -> list[dict[str, Any]]:
    """The identities a person may act for, the default one first."""
    memberships = Membership.objects.of_person(person_id)
    return [identity_out(membership.identity, membership.role) for membership in memberships]


def signed_in(person: User, pair: Any) -> dict[str, Any]:
    """The answer to a sign-in: the pair, the person, and whom they may act for."""
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "user": person_out(person),
        "identities": identities_out(person.pk),
    }


def archived_out(person_id: UUID) -> list[dict[str, Any]]:
    """The archived identities a person can bring back."""
    memberships = Membership.objects.archived_of(person_id)
    return [identity_out(membership.identity, membership.role) for membership in memberships]
