"""The isolation matrix of people: identities, members, invitations, notifications."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel
from governance.members.invitations import renew
from governance.models import (
    Identity,
    IdentityPermission,
    Invitation,
    Notification,
)
from governance.notifications.own import JOINED
from governance.notifications.people import everybody
from governance.notifications.telling import tell
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person
from tests.isolation.case import MARK, Case
from tests.isolation.cases_governance import a_place, traces


def an_identity(alice: Person) -> dict[str, Any]:
    return {"identity": alice.identity.pk}


def a_workshop(alice: Person, **changes: Any) -> Any:
    with alice.acting():
        return perform("governance.identity.create", {"kind": "design", "name": f"{MARK} {uuid7()}"} | changes)


def archived(alice: Person) -> dict[str, Any]:
    """An identity of hers that nobody acts for; she has ten at most, so it is made once."""
    row = Identity.objects.filter(owner=alice.user, kind="construction", name="Archives").first()
    if row is None:
        row = a_workshop(alice, kind="construction", name="Archives")
    if row.status == "active":
        with alice.acting(row):
            perform("governance.identity.archive", {})
    return {"identity": row.pk}


def another_identity(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The workshop that the stage has made for her."""
    there = Identity.objects.filter(owner=alice.user, kind="enterprise").first() or a_workshop(alice)
    return {"to": str(there.pk), "credits": 1}


def a_place_in_the_address(alice: Person) -> dict[str, Any]:
    return an_identity(alice) | a_place(alice)


def an_invitation(alice: Person) -> dict[str, Any]:
    row = Invitation(identity=alice.identity, email=f"{uuid7()}@{MARK}.example.com", role="viewer", days=7)
    row.invited_by = alice.user
    renew(row)
    row.sent_at -= timedelta(hours=1)
    row.save()
    return {"invitation": row.pk}


def an_invitation_somewhere(alice: Person) -> dict[str, Any]:
    an_invitation(alice)
    return {}


def invited_somewhere(alice: Person) -> dict[str, Any]:
    return an_identity(alice) | an_invitation_somewhere(alice)


def an_invitation_in_the_address(alice: Person) -> dict[str, Any]:
    return an_identity(alice) | an_invitation(alice)


def an_app(alice: Person) -> dict[str, Any]:
    traces(alice)
    if not Authenticator.objects.filter(user=alice.user, type="totp").exists():
        with alice.acting():
            perform("governance.factor.add", {"type": "totp", "secret": "K" * 32, "period": 0})
    return {}


def a_permission(alice: Person) -> dict[str, Any]:
    with alice.acting(), transaction.atomic():
        IdentityPermission.objects.create(key=f"{MARK}-{uuid7()}", value={"most": 5})
    return an_identity(alice)


def a_notification(alice: Person) -> dict[str, Any]:
    pk = uuid7()
    with alice.acting(channel=Channel.TASK), unit_of_work() as uow:
        tell(uow, JOINED, everybody(), about=pk, facts={"who": MARK, "role": "member"}, link="/team/")
    with alice.looking():
        return {"notification": Notification.objects.get(person_id=alice.user.pk, about=str(pk)).pk}


def a_notification_somewhere(alice: Person) -> dict[str, Any]:
    a_notification(alice)
    return {}


NOON = "2026-01-01T12:00:00Z"
NEW_IDENTITY = {"kind": "construction", "name": "Chantier"}
INVITED = {"email": "x@example.com", "role": "viewer", "days": "7"}
RENAMED = {"name": "Camille", "region": "FR", "currency": "EUR"}

CASES = [
    Case("people:identity-activate", ("POST",), an_identity),
    Case("people:identity-list", ("GET", "POST"), traces, NEW_IDENTITY, whole=True, answers=(400,)),
    Case("people:identity-detail", ("GET", "POST"), an_identity, RENAMED),
    Case("people:identity-archive", ("POST",), an_identity, answers=(409,)),
    Case("people:identity-restore", ("POST",), archived),
    Case("people:identity-share", ("POST",), an_identity, another_identity),
    Case("team", make=an_invitation_somewhere, whole=True),
    Case("team-invite", ("POST",), traces, INVITED, whole=True, answers=(400,)),
    Case("team-invite-again", ("POST",), an_invitation),
    Case("team-uninvite", ("POST",), an_invitation),
    Case("team-role", ("POST",), a_place, {"role": "viewer"}),
    Case("team-remove", ("POST",), a_place, answers=(409,)),
    Case("team-second-factor", ("POST",), an_app, {"required": "on"}, whole=True, answers=(409,)),
    Case("team-leave", ("POST",), traces, whole=True, answers=(409,)),
    Case("invitation", ("GET", "POST"), make=lambda alice: {"token": "no-such-token"}, public=True),
    Case("notifications", make=a_notification_somewhere, whole=True),
    Case("notification-rows", make=a_notification_somewhere, whole=True),
    Case("notification-bell", make=a_notification_somewhere, whole=True),
    Case("notification-read", ("POST",), a_notification),
    Case("notification-unread", ("POST",), a_notification),
    Case("notifications-read-all", ("POST",), a_notification_somewhere, whole=True),
    Case("notifications-undo", ("POST",), a_notification_somewhere, {"at": NOON}, whole=True),
    Case(
        "notification-preferences",
        ("GET", "POST"),
        a_notification_somewhere,
        {"tell": f"{JOINED}:in_app"},
        whole=True,
        of_person=True,
    ),
    Case("people:theme", ("POST",), traces, {"theme": "dark"}, whole=True),
    Case("api-auth-identities", ("GET", "POST"), traces, NEW_IDENTITY, whole=True, answers=(409,)),
    Case("api-auth-identity-activate", ("POST",), an_identity),
    Case("api-auth-identity", ("GET", "PATCH"), an_identity, {"currency": "EUR"}),
    Case("api-auth-identity-archive", ("POST",), an_identity, answers=(409,)),
    Case("api-auth-identity-restore", ("POST",), archived),
    Case("api-auth-identity-share", ("POST",), an_identity, another_identity),
    Case("api-auth-identity-permissions", make=a_permission),
    Case("api-auth-members", make=an_identity),
    Case("api-auth-identity-second-factor", ("POST",), an_identity, {"required": False}, answers=(409,)),
    Case("api-auth-member", ("GET", "PATCH", "DELETE"), a_place_in_the_address, {"role": "viewer"}, answers=(409,)),
    Case("api-auth-invitations", ("GET", "POST"), invited_somewhere, {"email": "x@example.com"}, answers=(409,)),
    Case("api-auth-invitation", ("DELETE",), an_invitation_in_the_address),
    Case("api-auth-invitation-again", ("POST",), an_invitation_in_the_address),
    Case("api-auth-join", ("POST",), traces, {"token": "no-such-token"}, whole=True, answers=(404,)),
    Case("api-notifications", make=a_notification_somewhere, whole=True),
    Case("api-notifications-elsewhere", make=a_notification_somewhere, whole=True),
    Case("api-notification-preferences", ("GET", "PATCH"), a_notification_somewhere, whole=True, of_person=True),
    Case("api-notification-read", ("POST",), a_notification),
    Case("api-notification-unread", ("POST",), a_notification),
    Case("api-notifications-read-all", ("POST",), a_notification_somewhere, whole=True),
    Case("api-notifications-undo", ("POST",), a_notification_somewhere, {"at": NOON}, whole=True),
]
