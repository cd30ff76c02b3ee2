"""What people are told of kill switches: those of their identity, and what staff stop for everybody."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.audit.entries import Draft
from governance.kills.actions import LIFT, PULL
from governance.kills.models import InstallationStop, Kill
from governance.kills.scopes import reach_of
from governance.notifications.events import Event, Type, register_event, register_fact
from governance.notifications.own import SECURITY
from governance.notifications.people import managers, owners
from governance.notifications.tellers import name_of
from governance.notifications.telling import tell, tell_each
from governance.people.models import Identity
from governance.uow import UnitOfWork, tell_of

PULLED, LIFTED = "kill.pulled", "kill.lifted"
STOPPED, RESUMED = "installation.stopped", "installation.resumed"
AT_ONCE = 200

EVENTS = (
    Event(
        PULLED, SECURITY, _("A kill switch was pulled"), _("%(who)s has stopped agents: %(halted)s"),
        _("Agents were stopped in %(identity)s"), _("Nothing begins there until somebody lifts it."),
        facts=frozenset({"who", "halted"}), type=Type.ALERT, email=True, always=True,
    ),
    Event(
        LIFTED, SECURITY, _("A kill switch was lifted"), _("%(who)s lets agents go on: %(halted)s"),
        _("Agents may go on in %(identity)s"), _("What was stopped stays stopped; new requests may begin."),
        facts=frozenset({"who", "halted"}), email=True, always=True,
    ),
    Event(
        STOPPED, SECURITY, _("The operator stops agents for everybody"),
        _("The operator has stopped agents: %(halted)s"),
        _("The operator of this installation has stopped agents"), _("Why: %(reason)s"),
        facts=frozenset({"halted", "reason"}), type=Type.WARNING, email=True, always=True,
    ),
    Event(
        RESUMED, SECURITY, _("The operator lets agents go on"), _("The operator lets agents go on: %(halted)s"),
        _("The operator of this installation lets agents go on"),
        _("What was stopped stays stopped; new requests may begin."),
        facts=frozenset({"halted"}), email=True, always=True,
    ),
)  # fmt: skip

WHAT = {
    Kill.Scope.IDENTITY: _("everything in this identity"),
    InstallationStop.Scope.ALL: _("everything in this installation"),
    Kill.Scope.SPHERE: _("the sphere %(name)s"),
    Kill.Scope.THREAD: _("the thread “%(name)s”"),
    Kill.Scope.AGENT: _("the agent %(name)s"),
    Kill.Scope.PROVIDER: _("the provider %(name)s"),
}


def halted(row: Kill | InstallationStop) -> str:
    """The fact of what a switch stops, as it is kept."""
    return f"{row.scope} {row.name}"


def said_halted(value: str) -> str:
    """“the sphere Business”."""
    scope, _sign, name = value.partition(" ")
    reach = reach_of(scope)
    shown = reach.say(name) if reach is not None and reach.say is not None else name
    return str(WHAT[scope]) % {"name": shown} if scope in WHAT else value  # type: ignore[index]


@tell_of(PULL)
def switch_was_pulled(uow: UnitOfWork, draft: Draft) -> None:
    """Who manages the identity, and whose work was stopped; not who pulled it."""
    row, people = _row(draft), [UUID(person_id) for person_id in draft.payload["people"]]
    whom = managers().or_these(*people).but(uow.actor.person_id)
    facts = {"who": name_of(uow), "halted": halted(row)}
    tell(uow, PULLED, whom, about=row.pk, facts=facts, link=reverse("kills"))


@tell_of(LIFT)
def switch_was_lifted(uow: UnitOfWork, draft: Draft) -> None:
    """The same people: who was told of the switch hears of its end, and so does who pulled it."""
    row = _row(draft)
    whom = managers().or_told(PULLED, row.pk).but(uow.actor.person_id)
    facts = {"who": name_of(uow), "halted": halted(row)}
    tell(uow, LIFTED, whom, about=row.pk, facts=facts, link=reverse("kills"))


def _row(draft: Draft) -> Kill:
    row: Kill = Kill.objects.get(pk=draft.resource_id)
    return row


def tell_everybody(row: InstallationStop) -> None:
    """Each person once, in their personal identity, whatever they own; harmless to repeat after a crash."""
    key = RESUMED if row.lifted_at else STOPPED
    facts = {"halted": halted(row)} | ({} if row.lifted_at else {"reason": row.reason})
    homes, after = Identity.objects.filter(kind=Identity.Kind.PERSONAL, owner__is_active=True), UUID(int=0)
    while some := list(homes.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            tell_each(key, owners(), some, about=row.pk, facts=facts, link=reverse("kills"))
        after = some[-1]


def register() -> None:
    """Called once, when the app is ready."""
    for event in EVENTS:
        register_event(event)
    register_fact("halted", said_halted)
