"""What the staff of the installation are told of the laws, each in their own identity."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.notifications.events import Event, Type, register_event
from governance.notifications.own import SECURITY
from governance.notifications.people import these
from governance.notifications.telling import tell
from governance.people.models import Identity, User
from governance.uow import UnitOfWork

BROKEN = "law.broken"
EVENT = Event(
    BROKEN, SECURITY, _("A law of the installation does not hold (staff only)"), _("Law %(law)s does not hold"),
    _("A law of the installation does not hold"),
    _("A check has found that it is broken. The admin says what was found."),
    facts=frozenset({"law"}), type=Type.ALERT, email=True, always=True,
)  # fmt: skip


def tell_staff(uow: UnitOfWork, event: str, *, law: str, about: str) -> None:
    """Tells everybody of the staff, where they are told of their own affairs."""
    staff = User.objects.filter(is_active=True, is_staff=True).values("pk")
    mine = Identity.objects.filter(owner_id__in=staff, kind=Identity.Kind.PERSONAL).order_by("pk")
    for identity_id, person_id in mine.values_list("pk", "owner_id"):
        people, link = these(person_id), f"{reverse('laws')}"
        tell(uow, event, people, about=about, facts={"law": law}, link=link, identity_id=identity_id)


def register() -> None:
    register_event(EVENT)
