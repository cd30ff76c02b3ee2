"""The isolation matrix of governance: every URL, with Alice's object for it; and what is open to anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import CheckpointRequired
from governance.isolation.context import Channel
from governance.ledger.budget import thread_account
from governance.ledger.models import Cap
from governance.members.invitations import renew
from governance.models import (
    AuditEntry,
    Checkpoint,
    Delegation,
    Grant,
    Identity,
    IdentityPermission,
    Invitation,
    Membership,
    Notification,
)
from governance.notifications.own import JOINED
from governance.notifications.people import everybody
from governance.notifications.telling import tell
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import PASSWORD, Person, make_person
from tests.governance.access.keys import A_CREDENTIAL
from tests.isolation.case import MARK, NAME, Case

MAIL = {"to": ["paul@example.com"], "subject": f"{MARK}, subject", "body": f"{MARK}, body"}


def traces(alice: Person) -> dict[str, Any]:
    """A message that waits, one that was refused, and the entries of both; they carry the mark."""
    a_checkpoint(alice)
    asked = a_checkpoint(alice)
    with alice.acting():
        perform("governance.checkpoint.decide", asked | refusing(alice, asked))
    return {}


def a_checkpoint(alice: Person) -> dict[str, Any]:
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", MAIL)
    return {"checkpoint": stopped.value.checkpoint["id"]}


def a_delegation(alice: Person) -> dict[str, Any]:
    """Somebody approves for her."""
    now = timezone.now()
    terms = {"created_at": now, "starts_at": now, "until": now + timedelta(days=1)}
    people = {"from_person_id": alice.user.pk, "from_name": MARK, "to_person_id": uuid7(), "to_name": MARK}
    with alice.acting(), transaction.atomic():
        return {"delegation": Delegation.objects.create(**people, **terms).pk}


def some_delegation(alice: Person) -> dict[str, Any]:
    a_delegation(alice)
    return {}


def a_grant(alice: Person) -> dict[str, Any]:
    """Something is allowed in advance."""
    now, me = timezone.now(), alice.user.pk
    terms = {"created_at": now, "expires_at": now + timedelta(days=1), "ceiling_pico_usd": 1, "agent": "nova"}
    people = {"person_id": me, "given_by_id": me, "given_by_name": MARK}
    about = {"action": "agents.run.execute", "thread_id": uuid7(), "checkpoint_id": uuid7()}
    with alice.acting(), transaction.atomic():
        return {"grant": Grant.objects.create(**about, **people, **terms).pk}


def some_grant(alice: Person) -> dict[str, Any]:
    a_grant(alice)
    return {}


def handing_over(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    """To a viewer, which is refused: there is nobody else in her personal identity."""
    return {"member": str(a_place(alice)["member"]), "until": (timezone.now() + timedelta(days=1)).isoformat()}


def an_entry(alice: Person) -> dict[str, Any]:
    traces(alice)
    with alice.looking():
        return {"entry": AuditEntry.objects.latest_first()[0].pk}


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


def a_place(alice: Person) -> dict[str, Any]:
    """A viewer of hers: in the personal identity of a test nobody minds, and it gives the URL a member."""
    row = Membership.objects.filter(identity=alice.identity).exclude(user=alice.user).order_by("created_at").first()
    if row is None:
        row = Membership.objects.create(user=make_person(NAME).user, identity=alice.identity, role="viewer")
    return {"member": row.pk}


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


def a_passkey(alice: Person) -> dict[str, Any]:
    with alice.acting():
        params = {"type": "webauthn", "name": NAME, "credential": A_CREDENTIAL}
        return {"factor": perform("governance.factor.add", params).pk}


def linked(alice: Person) -> SocialAccount:
    told = {"userinfo": {"email": NAME}}
    return SocialAccount.objects.create(user=alice.user, provider="oidc", uid=str(uuid7()), extra_data=told)


def an_outside_account(alice: Person) -> dict[str, Any]:
    linked(alice)
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


def a_sign_in(alice: Person) -> dict[str, Any]:
    session = SessionStore()
    session.create()
    row = {"method": "password", "session": session.session_key, "user_agent": NAME}
    with alice.acting():
        return {"sign_in": perform("governance.session.open", row).pk}


def a_token(alice: Person) -> dict[str, Any]:
    with alice.acting():
        row, _ = perform("governance.token.create", {"name": NAME, "scopes": ["threads:read"]})
    return {"token": row.pk}


def some_sign_in(alice: Person) -> dict[str, Any]:
    a_sign_in(alice)
    return {}


def some_token(alice: Person) -> dict[str, Any]:
    a_token(alice)
    return {}


def refusing(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    with alice.looking():
        digest = Checkpoint.objects.values_list("envelope_digest", flat=True).get(pk=kwargs["checkpoint"])
    return {"decision": "reject", "envelope_digest": digest, "comment": ""}


def a_cap(alice: Person) -> dict[str, Any]:
    with alice.acting(), transaction.atomic():
        return {"cap": Cap.objects.get(account=thread_account(uuid7(), "personal", 10_000)).pk}


def an_opened_budget(alice: Person) -> dict[str, Any]:
    a_cap(alice)
    return {}


ASKED = {"cap": "none of them", "limit": "200000"}
MORE = {"unit": "tokens", "period": "month", "before": 100_000, "limit": 200_000}
CAP = {"unit": "tokens", "period": "year", "limit": 5}
EDITED = {"to": "paul@example.com", "subject": "Mercredi", "body": "À mercredi."}
NOON = "2026-01-01T12:00:00Z"
TOKEN = {"name": "Sauvegarde", "scopes": ["threads:read"]}
NEW_IDENTITY = {"kind": "construction", "name": "Chantier"}
INVITED = {"email": "x@example.com", "role": "viewer", "days": "7"}
RENAMED = {"name": "Camille", "region": "FR", "currency": "EUR"}

CASES = [
    Case("approvals", make=traces, whole=True),
    Case("approval-detail", make=a_checkpoint),
    Case("approval-decide", ("POST",), a_checkpoint, refusing),
    Case("approval-edit", ("GET", "POST"), a_checkpoint, EDITED),
    Case("approval-escalate", ("POST",), a_checkpoint),
    Case("grants", make=some_grant, whole=True),
    Case("grant-revoke", ("POST",), a_grant),
    Case("approval-resolve", ("POST",), a_checkpoint, {"outcome": "happened"}, answers=(409,)),
    Case("delegations", ("GET", "POST"), some_delegation, handing_over, whole=True, answers=(400,)),
    Case("delegation-revoke", ("POST",), a_delegation),
    Case("audit", make=traces, whole=True),
    Case("budgets", make=traces, whole=True),
    Case("burn-down", make=an_opened_budget, whole=True, answers=(404,)),
    Case("budget-cap", ("GET", "POST"), an_opened_budget, CAP, whole=True),
    Case("budget-cap-remove", ("POST",), an_opened_budget, whole=True, answers=(400,)),
    Case("budget-raise", ("GET", "POST"), an_opened_budget, ASKED, whole=True, answers=(400,)),
    Case("statements", make=an_opened_budget, whole=True),
    Case("statement-csv", ("POST",), make=an_opened_budget, whole=True),
    Case("outbox", ("GET", "POST"), traces, EDITED, whole=True),
    Case("violations", make=traces, whole=True),
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
    Case("api-checkpoints", make=traces, whole=True),
    Case("api-checkpoint", make=a_checkpoint),
    Case("api-checkpoint-decision", ("POST",), a_checkpoint, refusing),
    Case("api-checkpoint-parameters", ("PATCH",), a_checkpoint, {"parameters": {"subject": "Mercredi"}}),
    Case("api-checkpoint-escalate", ("POST",), a_checkpoint),
    Case("api-grants", ("GET", "POST"), some_grant, {"days": 0}, whole=True, answers=(400,)),
    Case("api-grant", ("GET", "DELETE"), a_grant),
    Case("api-checkpoint-resolve", ("POST",), a_checkpoint, {"outcome": "happened"}, answers=(409,)),
    Case("api-checkpoint-delegate", ("POST",), a_checkpoint, handing_over, answers=(400,)),
    Case("api-delegations", ("GET", "POST"), some_delegation, {"covers": []}, whole=True, answers=(400,)),
    Case("api-delegation", ("GET", "DELETE"), a_delegation),
    Case("api-audit", make=traces, whole=True),
    Case("api-audit-entry", make=an_entry),
    Case("api-ledger", make=traces, whole=True),
    Case("api-budgets", make=traces, whole=True),
    Case("api-budget-raise", ("POST",), an_opened_budget, MORE, whole=True, answers=(423,)),
    Case("api-budget-caps", ("POST",), an_opened_budget, CAP, whole=True, answers=(409,)),
    Case("api-budget-cap", ("PATCH", "DELETE"), a_cap, {"limit": 5}),
    Case("api-statements", make=an_opened_budget, whole=True),
    Case("api-messages", ("POST",), traces, {**MAIL, "subject": "Mardi", "body": "x"}, whole=True, answers=(423,)),
    Case("api-violations", make=traces, whole=True),
    Case("api-auth-logout", ("POST",), traces, whole=True),
    Case("api-auth-me", ("GET", "PATCH"), traces, {"theme": "dark"}, whole=True),
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
    Case("security", make=an_app, whole=True, of_person=True),
    Case("factor-needed", make=an_app, whole=True, of_person=True),
    Case("security-app", ("GET", "POST"), an_app, {"code": "000000"}, whole=True, of_person=True),
    Case("security-app-remove", ("POST",), an_app, whole=True, of_person=True),
    Case("security-codes", ("GET", "POST"), an_app, whole=True, of_person=True),
    Case("security-codes-file", make=an_app, whole=True, of_person=True),
    Case("api-auth-step-up", ("POST",), an_app, {"code": "000000"}, whole=True, of_person=True, answers=(401,)),
    Case("api-auth-2fa", make=an_app, whole=True, of_person=True),
    Case("api-auth-2fa-enable", ("POST",), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-confirm", ("POST",), an_app, {"code": "1"}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-2fa-disable", ("POST",), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-recovery-codes", ("GET", "POST"), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-verify", ("POST",), body={"challenge": "x", "code": "000000"}, public=True),
    Case(
        "security-passkey-add",
        ("GET", "POST"),
        an_app,
        {"credential": "{}"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case("security-passkey-rename", ("GET", "POST"), a_passkey, {"name": "Clé"}, of_person=True),
    Case("security-passkey-remove", ("POST",), a_passkey, of_person=True),
    Case("api-auth-passkeys", ("GET", "POST"), an_app, {"credential": {}}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-passkey-options", ("POST",), an_app, whole=True, of_person=True, answers=(409,)),
    Case("api-auth-passkey", ("PATCH", "DELETE"), a_passkey, {"name": "Clé"}, of_person=True),
    Case("api-auth-passkey-sign-in-options", ("POST",), public=True),
    Case("api-auth-passkey-sign-in", ("POST",), body={"handle": "x", "credential": {}}, public=True),
    Case("api-auth-step-up-options", ("POST",), an_app, whole=True, of_person=True, answers=(409,)),
    Case("account_email", ("GET", "POST"), traces, {"email": "x"}, whole=True, of_person=True, answers=(400,)),
    Case("account_change_password", ("GET", "POST"), traces, whole=True, of_person=True, answers=(400,)),
    Case("account_set_password", ("GET", "POST"), traces, whole=True, of_person=True, answers=(400,)),
    Case("sign-ins", make=some_sign_in, whole=True, of_person=True),
    Case("sign-ins-end-others", ("POST",), some_sign_in, whole=True, of_person=True),
    Case("sign-in-end", ("POST",), a_sign_in, of_person=True),
    Case("api-auth-sessions", make=some_sign_in, whole=True, of_person=True),
    Case("api-auth-sessions-end-others", ("POST",), some_sign_in, whole=True, of_person=True),
    Case("api-auth-session", ("DELETE",), a_sign_in, of_person=True),
    Case("api-auth-email", ("POST",), traces, {"email": "x"}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-change-password", ("POST",), traces, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-verify", ("POST",), body={"key": "x"}, public=True),
    Case("api-auth-reset-request", ("POST",), body={"email": "x"}, public=True),
    Case("api-auth-reset", ("POST",), body={"key": "x", "password": "y"}, public=True),
    Case("api-keys", ("GET", "POST"), some_token, TOKEN, whole=True, of_person=True, answers=(400,)),
    Case("api-key-revoke", ("POST",), a_token, of_person=True),
    Case("api-auth-tokens", ("GET", "POST"), some_token, TOKEN, whole=True, of_person=True),
    Case("api-auth-token", ("DELETE",), a_token, of_person=True),
    Case("outside-again", public=True),
    Case("outside-accounts", make=an_outside_account, whole=True, of_person=True),
    Case("outside-link", ("POST",), lambda alice: {"provider": "oidc"}, whole=True, of_person=True, answers=(404,)),
    Case("outside-unlink", ("POST",), lambda alice: {"account": linked(alice).pk}, of_person=True),
    Case("api-auth-oauth-authorize", ("POST",), lambda alice: {"provider": "oidc"}, public=True),
    Case("api-auth-oauth-callback", ("POST",), lambda alice: {"provider": "oidc"}, public=True),
    Case("api-auth-outside", make=an_outside_account, whole=True, of_person=True),
    Case("api-auth-outside-account", ("DELETE",), lambda alice: {"account": linked(alice).pk}, of_person=True),
    Case(
        "api-auth-outside-authorize",
        ("POST",),
        lambda alice: {"provider": "oidc"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case(
        "api-auth-outside-link",
        ("POST",),
        lambda alice: {"provider": "oidc"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case("outside-begin", ("POST",), make=lambda alice: {"provider": "oidc"}, public=True),
    Case("openid_connect_callback", make=lambda alice: {"provider_id": "oidc"}, public=True),
    Case("google_callback", public=True),
    Case("microsoft_callback", public=True),
    Case("github_callback", public=True),
    Case("socialaccount_signup", ("GET", "POST"), public=True),
    Case("socialaccount_login_cancelled", public=True),
    Case("socialaccount_login_error", public=True),
    Case("mfa_login_webauthn", ("GET", "POST"), public=True),
    Case("mfa_reauthenticate_webauthn", ("GET", "POST"), public=True),
    Case("mfa_authenticate", ("GET", "POST"), public=True),
    Case("mfa_reauthenticate", ("GET", "POST"), public=True),
    Case("api-notifications", make=a_notification_somewhere, whole=True),
    Case("api-notifications-elsewhere", make=a_notification_somewhere, whole=True),
    Case("api-notification-preferences", ("GET", "PATCH"), a_notification_somewhere, whole=True, of_person=True),
    Case("api-notification-read", ("POST",), a_notification),
    Case("api-notification-unread", ("POST",), a_notification),
    Case("api-notifications-read-all", ("POST",), a_notification_somewhere, whole=True),
    Case("api-notifications-undo", ("POST",), a_notification_somewhere, {"at": NOON}, whole=True),
    Case("api-auth-register", ("POST",), body={"email": "x", "password": "y", "display_name": "z"}, public=True),
    Case("api-auth-login", ("POST",), body={"email": "x@example.com", "password": PASSWORD}, public=True),
    Case("api-auth-refresh", ("POST",), body={"refresh": "x"}, public=True),
    Case("api-schema", public=True),
    Case("api-docs", public=True),
    Case("landing", public=True),
    Case("set_language", ("POST",), body={"language": "fr"}, public=True),
    Case("healthz", public=True),
    Case("readyz", public=True, answers=(503,)),
    Case("account_login", ("GET", "POST"), public=True),
    Case("account_logout", ("GET", "POST"), public=True),
    Case("account_inactive", public=True),
    Case("account_signup", ("GET", "POST"), public=True),
    Case("account_reauthenticate", ("GET", "POST"), public=True),
    Case("account_email_verification_sent", public=True),
    Case("account_reset_password", ("GET", "POST"), public=True),
    Case("account_confirm_login_code", ("GET", "POST"), public=True),
    Case("account_confirm_email", ("GET", "POST"), make=lambda alice: {"key": "no-such-key"}, public=True),
    Case("account_reset_password_from_key_done", public=True),
    Case(
        "account_reset_password_from_key",
        ("GET", "POST"),
        make=lambda alice: {"uidb36": "x", "key": "no-such-key"},
        public=True,
    ),
    Case("account_reset_password_done", public=True),
]
