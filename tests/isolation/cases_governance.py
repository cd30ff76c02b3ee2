"""The isolation matrix of governance: what is asked, decided, written down and paid for; and the open doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import CheckpointRequired
from governance.ledger.budget import thread_account
from governance.ledger.models import Cap
from governance.models import (
    AuditEntry,
    Checkpoint,
    Delegation,
    Grant,
    Membership,
)
from governance.perform import perform
from tests.cast import Person, make_person
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


def a_place(alice: Person) -> dict[str, Any]:
    """A viewer of hers: in the personal identity of a test nobody minds, and it gives the URL a member."""
    row = Membership.objects.filter(identity=alice.identity).exclude(user=alice.user).order_by("created_at").first()
    if row is None:
        row = Membership.objects.create(user=make_person(NAME).user, identity=alice.identity, role="viewer")
    return {"member": row.pk}


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
    Case("api-statements", ("GET", "POST"), an_opened_budget, {"format": "csv"}, whole=True),
    Case("api-messages", ("POST",), traces, {**MAIL, "subject": "Mardi", "body": "x"}, whole=True, answers=(423,)),
    Case("api-violations", make=traces, whole=True),
    Case("api-schema", public=True),
    Case("api-docs", public=True),
    Case("landing", public=True),
    Case("set_language", ("POST",), body={"language": "fr"}, public=True),
    Case("healthz", public=True),
    Case("readyz", public=True, answers=(503,)),
]
