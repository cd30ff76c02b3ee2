"""The isolation matrix of approvals beyond one question: several together."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from governance.access.models import Violation
from governance.checkpoints.models import Checkpoint
from governance.isolation.context import reading
from governance.kills.models import Kill
from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case
from tests.isolation.cases_governance import a_checkpoint, traces


def _digest(alice: Person, pk: Any) -> str:
    with alice.looking():
        return Checkpoint.objects.values_list("envelope_digest", flat=True).get(pk=pk)


def some_items(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    pk = a_checkpoint(alice)["checkpoint"]
    return {"checkpoints": [{"id": str(pk), "envelope_digest": _digest(alice, pk)}], "decision": "reject"}


def a_switch(alice: Person) -> dict[str, Any]:
    """Pulled, with the mark in its reason; those of earlier cells are lifted."""
    with alice.acting():
        with reading():
            live = list(Kill.objects.filter(lifted_at__isnull=True).values_list("pk", flat=True))
        for pk in live:
            perform("governance.kill.lift", {"kill": pk})
        row = perform("governance.kill.pull", {"scope": "sphere", "id": "scholar", "reason": MARK})
    return {"kill": row.pk}


def some_switch(alice: Person) -> dict[str, Any]:
    a_switch(alice)
    return {}


def a_violation(alice: Person) -> dict[str, Any]:
    """An attempt of hers, with the mark in what she asked for."""
    with alice.acting(), transaction.atomic():
        row = Violation.objects.create(
            kind="cross_identity_access", person_id=alice.user.pk, method="GET", path="/", user_agent=MARK
        )
    return {"violation": row.pk}


CASES = [
    Case("approval-pace", make=traces, whole=True),
    Case("api-checkpoint-pace", make=traces, whole=True),
    Case("violation-detail", ("GET", "POST"), a_violation, {"note": "Une faute de frappe"}),
    Case("api-violation", make=a_violation),
    Case("api-violation-resolve", ("POST",), a_violation, {"note": "Une faute de frappe"}),
    Case("kills", ("GET", "POST"), some_switch, {"what": "sphere:social"}, whole=True, answers=(400,)),
    Case("kill-lift", ("POST",), a_switch),
    Case("api-kills", ("GET", "POST"), some_switch, {"scope": "sphere", "id": "team"}, whole=True, answers=(409,)),
    Case("api-kill", ("GET", "DELETE"), a_switch),
    Case("approval-batch", ("GET", "POST"), traces, {"decision": "reject"}, whole=True, answers=(400,)),
    Case("api-checkpoint-batch", ("POST",), traces, some_items),
]
