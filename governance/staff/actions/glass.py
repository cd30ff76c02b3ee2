"""Break-glass: one person of the staff looks into one identity, and its owners know (design 3.9)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from governance.errors import Conflict, Gone, NotThere
from governance.notifications import own
from governance.notifications.people import owners
from governance.notifications.telling import tell
from governance.people.models import Identity, Membership, User
from governance.registry.actions import Effect, Params, action
from governance.staff.actions.telling import tell_identity
from governance.staff.looks import find_look
from governance.staff.models import LONGEST_REASON, SHORTEST_REASON, BreakGlass
from governance.staff.policies import is_staff_acting, staff_or_machine
from governance.uow import UnitOfWork

LASTS = timedelta(minutes=30)
OPEN, LOOK, END = (f"governance.glass.{verb}" for verb in ("open", "look", "end"))


class OpenGlass(Params):
    identity: UUID
    reason: str = Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)


@action(OPEN, Effect.UPDATE, params=OpenGlass, policy=is_staff_acting, label=_("Staff look into the identity"))
def open_glass(uow: UnitOfWork, params: OpenGlass) -> BreakGlass:
    """Half an hour in which the person may look, and only look. Its log and its owners are told in the same commit."""
    me = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)  # one at a time, also at once
    identity = Identity.objects.filter(pk=params.identity).first()
    if identity is None:
        raise NotThere()
    if Membership.objects.filter(user=me, identity=identity).exists():
        raise Conflict("own_identity", _("You belong to this identity: act for it instead."))
    now = timezone.now()
    for row in BreakGlass.objects.of_person(me.pk).overdue(now):
        end(uow, row, BreakGlass.Ending.EXPIRED)
    if BreakGlass.objects.of_person(me.pk).standing().exists():
        raise Conflict("looking_already", _("You look into an identity already: end that first."))
    row = BreakGlass.objects.create(
        person=me, identity=identity, reason=params.reason, opened_at=now, ends_at=now + LASTS
    )
    tell_identity(uow, identity.pk, OPEN, row, said=params.reason, until=row.ends_at.isoformat())
    until = row.ends_at.isoformat()
    tell(uow, own.LOOKED, owners(), about=row.pk, facts={"at": until}, link=reverse("audit"), identity_id=identity.pk)
    return row


class LookThrough(Params):
    """What was looked at: a page of a table (`after`: where it begins), or one row of it."""

    glass: UUID
    table: str = Field(max_length=40)
    row: UUID | None = None
    after: UUID | None = None
    rows: int = Field(ge=0)

    @field_validator("table")
    @classmethod
    def known(cls, value: str) -> str:
        if find_look(value) is None:
            raise ValueError(_("This table may not be looked at."))
        return value


@action(LOOK, Effect.READ, params=LookThrough, policy=is_staff_acting, label=_("Staff looked at rows"))
def look_through(uow: UnitOfWork, params: LookThrough) -> BreakGlass:
    """Puts one look on record, before anything of it is shown."""
    row = own_open(params.glass, uow.actor.person_id, lock=True)
    look = find_look(params.table)
    assert look is not None
    seen = {"said": f"look:{look.slug}", "table": look.model._meta.label_lower, "rows": params.rows}
    seen |= {name: str(value) for name, value in (("row", params.row), ("after", params.after)) if value}
    tell_identity(uow, row.identity_id, LOOK, row, **seen)
    return row


def own_open(pk: UUID, person_id: UUID, *, lock: bool = False) -> BreakGlass:
    """The person's own look. Raises NotThere for anybody else's, Gone when it is over."""
    rows = BreakGlass.objects.select_for_update(no_key=True) if lock else BreakGlass.objects.select_related("identity")
    row = rows.of_person(person_id).filter(pk=pk).first()
    if row is None:
        raise NotThere()
    if not row.is_open:
        raise Gone("look_over", _("This look is over."))
    return row


class EndGlass(Params):
    glass: UUID
    ending: BreakGlass.Ending = BreakGlass.Ending.ENDED


@action(END, Effect.UPDATE, params=EndGlass, policy=staff_or_machine, label=_("The look of staff ended"))
def end_glass(uow: UnitOfWork, params: EndGlass) -> BreakGlass:
    """Any of the staff may end any look; the sweep ends those whose time is over."""
    row = BreakGlass.objects.filter(pk=params.glass).first()
    if row is None:
        raise NotThere()
    if not end(uow, row, params.ending):
        raise Conflict("look_over", _("This look is over."))
    return row


def end(uow: UnitOfWork, row: BreakGlass, ending: str) -> bool:
    """Ends a look once; False when somebody else did."""
    ended = BreakGlass.objects.standing().filter(pk=row.pk).update(ended_at=timezone.now(), ending=ending)
    if ended:
        tell_identity(uow, row.identity_id, END, row, said=f"ending:{ending}")
    return bool(ended)


def end_looks(uow: UnitOfWork, person_id: UUID, ending: str) -> None:
    """Ends what a person has open, whatever it is."""
    for row in BreakGlass.objects.of_person(person_id).standing():
        end(uow, row, ending)
