"""What would become of a person's identities if the person went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from governance.people.models import Identity, Membership, Role
from governance.rights.models import Erasure


@dataclass(slots=True)
class Standing:
    """`alone`: they end with the person; `handed`: another owner takes them over (whom); `blocking`: nobody could."""

    alone: list[Identity] = field(default_factory=list)
    handed: list[tuple[Identity, UUID]] = field(default_factory=list)
    blocking: list[Identity] = field(default_factory=list)


def standing_of(person_id: UUID) -> Standing:
    """All identities the person owns, archived ones too; three queries. Who is leaving takes nothing over."""
    mine = Identity.objects.filter(memberships__user_id=person_id, memberships__role=Role.OWNER).order_by("pk")
    others: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    members = Membership.objects.filter(identity__in=mine).exclude(user_id=person_id).order_by("pk")
    for identity_id, user_id, role in members.values_list("identity_id", "user_id", "role"):
        others[identity_id].append((user_id, role))
    leaving = set(Erasure.objects.filter(kind=Erasure.Kind.ACCOUNT).open().values_list("target_id", flat=True))
    found = Standing()
    for identity in mine:
        owners = [user for user, role in others[identity.pk] if role == Role.OWNER and user not in leaving]
        heir = owners[0] if owners else None
        if not others[identity.pk]:
            found.alone.append(identity)
        elif heir is not None:
            found.handed.append((identity, heir))
        else:
            found.blocking.append(identity)
    return found


def names(identities: list[Identity]) -> str:
    return ", ".join(str(identity) for identity in identities)
