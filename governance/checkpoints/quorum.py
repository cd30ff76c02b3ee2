"""How many people a question needs, and what somebody who is alone must show instead (design 3.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from governance.access.stepup import is_proved, require_proved
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.policies import deciding_roles
from governance.checkpoints.votes import still_decides
from governance.errors import Conflict
from governance.isolation.context import IdentityContext
from governance.people.models import Membership
from governance.rules.models import Level

SOLO_DELAY = timedelta(minutes=10)
SENSITIVE = frozenset({Level.HIGH, Level.CRITICAL})


def is_solo(identity_id: UUID) -> bool:
    """Has the identity one member only, whatever their role?"""
    return len(Membership.objects.filter(identity_id=identity_id).values_list("pk")[:2]) == 1


def wants_another(row: Checkpoint) -> bool:
    """Does a rule ask for more eyes than one person's?"""
    return row.quorum > 1 or row.exclude_requester


def is_self_approval(row: Checkpoint, solo: bool | None = None) -> bool:
    """A rule asks for somebody else where nobody else is. `solo`: when it is known already."""
    return wants_another(row) and (is_solo(row.identity_id) if solo is None else solo)


def needed(row: Checkpoint) -> int:
    """How many approvals approve it."""
    return 1 if is_self_approval(row) else row.quorum


def opens_at(row: Checkpoint) -> datetime:
    """From when on somebody who is alone may approve it."""
    return row.created_at + SOLO_DELAY


def require_care(row: Checkpoint, actor: IdentityContext, *, alone: bool) -> None:
    """What an approval demands of its person: time to think where they are alone, and a fresh proof of who they are.

    Raises Conflict before the time, StepUpRequired without the proof.
    """
    if alone and (left := opens_at(row) - timezone.now()) > timedelta(0):
        minutes = int(left.total_seconds() // 60) + 1
        words = ngettext(
            "You are alone here, and a rule asks for two pairs of eyes: you may approve in %(n)s minute.",
            "You are alone here, and a rule asks for two pairs of eyes: you may approve in %(n)s minutes.",
            minutes,
        )
        raise Conflict("too_early", words % {"n": minutes})
    if alone or row.level in SENSITIVE:
        require_proved(actor, second=alone, back=f"/approvals/{row.pk}/")


def lacks_proof(row: Checkpoint, actor: IdentityContext, *, alone: bool) -> bool:
    """Would an approval be sent to prove who they are first?"""
    return (alone or row.level in SENSITIVE) and not is_proved(actor, second=alone)


def standing_approvals(row: Checkpoint) -> int:
    """Approvals of people who may still decide here: the vote of one who has left, even one who came back, is void.

    So is one cast for somebody else, when either of the two may no longer, or the delegation was revoked.
    """
    roles = deciding_roles(row)
    approvals = row.votes.filter(still_decides("person_id", roles), decision="approve")
    return approvals.filter(
        Q(cast_by_id__isnull=True) | (still_decides("cast_by_id", roles) & Q(delegation__revoked_at__isnull=True))
    ).count()


EXCLUDED = _("A rule asks for somebody else than the person who requested it.")
