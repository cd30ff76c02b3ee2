"""An identity demands a second factor of whoever acts for it, or no longer does (design 3.9)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.access.stepup import has_second_factor
from governance.errors import Conflict
from governance.live.notify import recheck
from governance.members.actions import locked
from governance.members.policies import may_manage_members
from governance.people.models import Identity, Membership
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

REQUIRE = "governance.identity.require_factor"


class RequireFactor(Params):
    required: bool


@action(
    REQUIRE,
    Effect.CONFIGURE,
    params=RequireFactor,
    policy=may_manage_members,
    label=_("Demand a second factor of all members"),
)
def require_factor(uow: UnitOfWork, params: RequireFactor) -> Identity:
    """From the commit on every door asks; the sockets of those who have not shown one are closed.

    Raises Conflict for who has none: they would shut themselves out.
    """
    identity = locked(uow.actor)
    if identity.kind == Identity.Kind.PERSONAL:
        raise Conflict(
            "personal_is_own", _("Your personal identity asks for your second factor as soon as you add one.")
        )
    if params.required and not has_second_factor(uow.person):
        raise Conflict("no_factor", _("Add a second factor to your own account first."))
    uow.tell(before={"required": identity.second_factor_required})
    identity.second_factor_required = params.required
    identity.save(update_fields=["second_factor_required"])
    for person_id in Membership.objects.filter(identity=identity).values_list("user_id", flat=True):
        recheck(person_id)  # sent with the commit
    uow.announce("member.changed", identity.pk)
    return identity
