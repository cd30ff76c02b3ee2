"""The isolation matrix of approvals beyond one question: several together."""

from __future__ import annotations

from typing import Any

from governance.checkpoints.models import Checkpoint
from tests.cast import Person
from tests.isolation.case import Case
from tests.isolation.cases_governance import a_checkpoint, traces


def _digest(alice: Person, pk: Any) -> str:
    with alice.looking():
        return Checkpoint.objects.values_list("envelope_digest", flat=True).get(pk=pk)


def some_items(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    pk = a_checkpoint(alice)["checkpoint"]
    return {"checkpoints": [{"id": str(pk), "envelope_digest": _digest(alice, pk)}], "decision": "reject"}


CASES = [
    Case("approval-batch", ("GET", "POST"), traces, {"decision": "reject"}, whole=True, answers=(400,)),
    Case("api-checkpoint-batch", ("POST",), traces, some_items),
]
