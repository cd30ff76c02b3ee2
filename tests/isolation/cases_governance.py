"""The isolation matrix of governance: every URL, with Alice's object for it; and what is open to anybody."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import CheckpointRequired
from governance.models import AuditEntry, Checkpoint
from governance.perform import perform
from tests.cast import PASSWORD, Person
from tests.isolation.case import MARK, Case

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


def an_entry(alice: Person) -> dict[str, Any]:
    traces(alice)
    with alice.looking():
        return {"entry": AuditEntry.objects.latest_first()[0].pk}


def an_identity(alice: Person) -> dict[str, Any]:
    return {"identity": alice.identity.pk}


def refusing(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    with alice.looking():
        digest = Checkpoint.objects.values_list("envelope_digest", flat=True).get(pk=kwargs["checkpoint"])
    return {"decision": "reject", "envelope_digest": digest, "comment": ""}


EDITED = {"to": "paul@example.com", "subject": "Mercredi", "body": "À mercredi."}
NEW_IDENTITY = {"kind": "construction", "name": "Chantier"}

CASES = [
    Case("approvals", make=traces, whole=True),
    Case("approval-detail", make=a_checkpoint),
    Case("approval-decide", ("POST",), a_checkpoint, refusing),
    Case("approval-edit", ("GET", "POST"), a_checkpoint, EDITED),
    Case("audit", make=traces, whole=True),
    Case("audit-verify", make=traces, whole=True),
    Case("budgets", make=traces, whole=True),
    Case("laws", make=traces, whole=True),
    Case("outbox", ("GET", "POST"), traces, EDITED, whole=True),
    Case("violations", make=traces, whole=True),
    Case("people:identity-activate", ("POST",), an_identity),
    Case("people:theme", ("POST",), traces, {"theme": "dark"}, whole=True),
    Case("api-checkpoints", make=traces, whole=True),
    Case("api-checkpoint", make=a_checkpoint),
    Case("api-checkpoint-decision", ("POST",), a_checkpoint, refusing),
    Case("api-checkpoint-parameters", ("PATCH",), a_checkpoint, {"parameters": {"subject": "Mercredi"}}),
    Case("api-audit", make=traces, whole=True),
    Case("api-audit-verify", make=traces, whole=True),
    Case("api-audit-entry", make=an_entry),
    Case("api-ledger", make=traces, whole=True),
    Case("api-budgets", make=traces, whole=True),
    Case("api-messages", ("POST",), traces, {**MAIL, "subject": "Mardi", "body": "x"}, whole=True, answers=(423,)),
    Case("api-violations", make=traces, whole=True),
    Case("api-laws", make=traces, whole=True),
    Case("api-auth-logout", ("POST",), traces, whole=True),
    Case("api-auth-me", ("GET", "PATCH"), traces, {"theme": "dark"}, whole=True),
    Case("api-auth-identities", ("GET", "POST"), traces, NEW_IDENTITY, whole=True, answers=(409,)),
    Case("api-auth-identity-activate", ("POST",), an_identity),
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
    Case("account_email", ("GET", "POST"), public=True),
    Case("account_email_verification_sent", public=True),
    Case("account_change_password", ("GET", "POST"), public=True),
    Case("account_set_password", ("GET", "POST"), public=True),
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
