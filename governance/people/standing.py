"""What a context was bound with may be over: work that goes on without its person looks again (design 3.1, 3.2)."""

from __future__ import annotations

from dataclasses import replace

from governance.errors import NotAllowed
from governance.isolation.context import Channel, IdentityContext
from governance.people.models import Membership

UNATTENDED = frozenset({Channel.TASK, Channel.AGENT})


class NoLongerMember(NotAllowed):
    """The person in whose name it is done has left the identity, or was closed."""

    code = "no_longer_member"


def as_of_now(actor: IdentityContext) -> IdentityContext:
    """The actor with their role of now. Requests were asked at the door a moment ago; jobs and runs last longer.

    Raises NoLongerMember when the membership has ended.
    """
    if actor.channel not in UNATTENDED:
        return actor
    mine = Membership.objects.of_person(actor.person_id).filter(identity_id=actor.identity_id)
    role = mine.values_list("role", flat=True).first()
    if role is None:
        raise NoLongerMember()
    return actor if role == actor.role else replace(actor, role=role)
