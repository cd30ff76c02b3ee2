"""The isolation matrix of rules: what an identity asks before its acts."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from governance.isolation.context import Channel
from governance.models import Rule, Verdict, WhatIf
from governance.perform import perform
from governance.rules.whatif import work_out
from tests.cast import Person
from tests.isolation.case import MARK, Case

CONTENT = {"name": "Rien le dimanche", "effect": "log", "conditions": [{"key": "weekday", "op": "eq", "value": 7}]}
FORM = {
    "name": "Rien le lundi", "effect": "log", "level": "", "quorum": "1", "priority": "50",
    "c-0-key": "weekday", "c-0-op": "eq", "c-0-value": "1",
}  # fmt: skip


def a_draft(alice: Person) -> dict[str, Any]:
    """Its name is the only one, so those of earlier cells make room."""
    with alice.acting(), transaction.atomic():
        for row in Rule.objects.all():
            row.name, row.removed_at, row.enabled = str(row.pk), row.updated_at, False
            row.save()
    with alice.acting():
        return {"rule": perform("governance.rule.create", CONTENT | {"name": MARK}).pk}


def room_for_one(alice: Person) -> dict[str, Any]:
    a_draft(alice)
    return {}


def in_force(alice: Person) -> dict[str, Any]:
    kwargs = a_draft(alice)
    with alice.acting():
        perform("governance.rule.publish", kwargs)
    return kwargs


def a_verdict(alice: Person) -> dict[str, Any]:
    in_force(alice)
    with alice.looking():
        return {"verdict": Verdict.objects.order_by("-id")[0].pk}


def no_whatif(alice: Person) -> dict[str, Any]:
    """One at a time: that of an earlier cell has ended."""
    in_force(alice)
    with alice.acting(), transaction.atomic():
        WhatIf.objects.update(state="failed")
    return {}


def a_whatif(alice: Person) -> dict[str, Any]:
    no_whatif(alice)
    content = CONTENT | {"name": MARK, "effect": "deny", "conditions": [{"key": "hour", "op": "gte", "value": 0}]}
    with alice.acting():
        row = perform("governance.whatif.start", {"content": content, "days": 7})
    with alice.acting(channel=Channel.TASK):
        work_out(row.pk)
    return {"whatif": row.pk}


CASES = [
    Case("whatif-start", ("POST",), no_whatif, {"days": "7"}, whole=True),
    Case("whatif", make=a_whatif),
    Case("whatif-state", make=a_whatif),
    Case("api-simulate", ("POST",), no_whatif, {"days": 7}, whole=True),
    Case("api-simulation", make=a_whatif),
    Case("api-simulation-changes", make=a_whatif),
    Case("verdict", make=a_verdict),
    Case("api-verdict", make=a_verdict),
    Case("api-verdict-replay", ("POST",), a_verdict),
    Case("policies", make=room_for_one, whole=True),
    Case("policy-new", ("GET", "POST"), room_for_one, FORM, whole=True),
    Case("policy", make=in_force),
    Case("policy-edit", ("GET", "POST"), a_draft, FORM),
    Case("policy-publish", ("POST",), a_draft),
    Case("policy-disable", ("POST",), in_force),
    Case("policy-remove", ("POST",), in_force),
    Case("policy-restore", ("POST",), in_force, {"version": "1"}),
    Case("api-rules", ("GET", "POST"), room_for_one, CONTENT, whole=True),
    Case("api-rules-system", whole=True),
    Case("api-rule", ("GET", "PATCH", "DELETE"), a_draft, {"priority": 51}),
    Case("api-rule-publish", ("POST",), a_draft, {}),
    Case("api-rule-disable", ("POST",), in_force),
    Case("api-rule-restore", ("POST",), in_force, {"version": 1}),
    Case("api-rule-versions", make=in_force),
]
