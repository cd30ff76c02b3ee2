"""What people are told of crossings: in the identity where something waits for them, or has ended."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.audit.entries import News
from governance.crossings.models import Crossing
from governance.notifications.events import Event, Group, Type, register_event, register_fact
from governance.notifications.people import everybody, these
from governance.notifications.telling import settle, tell
from governance.uow import UnitOfWork, tell_of

CROSSINGS = Group(_("Between spheres and identities"), 20)
ARRIVED, ANSWERED, WITHDRAWN = "crossing.arrived", "crossing.answered", "crossing.withdrawn"

EVENTS = (
    Event(
        ARRIVED, CROSSINGS, _("Another of your identities offers something"),
        _("Another of your identities offers something here"), _("Something waits to be accepted in %(identity)s"),
        _("Accept or decline it: until then nobody else here sees it."), type=Type.ALERT, email=True,
    ),
    Event(
        ANSWERED, CROSSINGS, _("What you offered was answered"), _("“%(title)s” was answered: %(answer)s"),
        _("What you offered from %(identity)s was answered"), facts=frozenset({"title", "answer"}),
    ),
    Event(
        WITHDRAWN, CROSSINGS, _("What was offered or lent here was withdrawn"), _("“%(title)s” was withdrawn"),
        _("Something was withdrawn from %(identity)s"), _("Its text is no longer here."),
        facts=frozenset({"title"}), type=Type.WARNING,
    ),
)  # fmt: skip
ANSWERS = {
    "done": pgettext_lazy("crossing", "accepted"),
    "declined": pgettext_lazy("crossing", "declined"),
    "expired": pgettext_lazy("crossing", "not answered within a month"),
}


def register() -> None:
    """Called once, when the app is ready."""
    for event in EVENTS:
        register_event(event)
    register_fact("answer", lambda value: str(ANSWERS.get(value, value)))


@tell_of("transfer.offered")
def something_arrived(uow: UnitOfWork, news: News) -> None:
    """The person it is offered to, in the identity where it waits."""
    row = _row(uow, news)
    link = reverse("transfer-detail", args=[row.twin_id])
    tell(uow, ARRIVED, these(row.person_id), about=row.twin_id, link=link, identity_id=row.other_identity_id)


@tell_of("transfer.done", "transfer.declined", "transfer.lapsed")
def something_answered(uow: UnitOfWork, news: News) -> None:
    """Who offered it, where it came from; the offer itself waits no more."""
    row = _row(uow, news)
    if row.direction != Crossing.Direction.IN:
        return
    settle(uow, row.pk, ARRIVED)
    link, facts = reverse("transfer-detail", args=[row.twin_id]), {"title": row.title, "answer": str(row.state)}
    people = these(row.person_id)
    tell(uow, ANSWERED, people, about=row.twin_id, facts=facts, link=link, identity_id=row.other_identity_id)


@tell_of("transfer.revoked", "transfer.ended")
def something_withdrawn(uow: UnitOfWork, news: News) -> None:
    """Who could read it, in the identity where it was: everybody there, once it had been accepted."""
    row = _row(uow, news)
    if row.direction != Crossing.Direction.OUT:
        return
    settle(uow, row.twin_id, ARRIVED, identity_id=row.other_identity_id)
    link, facts = reverse("transfer-detail", args=[row.twin_id]), {"title": row.title}
    people = everybody() if row.answered_at else these(row.person_id)
    tell(uow, WITHDRAWN, people, about=row.twin_id, facts=facts, link=link, identity_id=row.other_identity_id)


def _row(uow: UnitOfWork, news: News) -> Crossing:
    """The one that this unit has just changed."""
    assert isinstance(news.object_id, UUID)
    row: Crossing = uow.mine[Crossing, news.object_id]
    return row
