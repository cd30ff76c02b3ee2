"""Verdicts of the past, made by the engine itself from generated facts, and written as rows."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

ACTIONS = {
    "spheres.task.create": "CREATE", "threads.message.add": "CREATE", "governance.message.send": "SEND",
    "governance.payment.order": "PAYMENT", "spheres.item.remove": "DELETE", "agents.run.execute": "UPDATE",
}  # fmt: skip


def facts_like(chance: random.Random) -> dict[str, Any]:
    """What an act might have been."""
    from governance.rules.conditions import KEYS

    action = chance.choice(sorted(ACTIONS))
    kind = chance.choice(["person", "person", "agent", "nova"])
    here, there = chance.choice(["personal", "business"]), chance.choice([None, "personal", "business"])
    return dict.fromkeys(KEYS) | {
        "action": action, "effect": ACTIONS[action], "actor.kind": kind, "actor.role": "owner",
        "channel": chance.choice(["page", "api", "task"]), "agent.code": None if kind == "person" else kind,
        "sphere": here, "target_sphere": there, "crosses_sphere": there is not None and here != there,
        "crosses_identity": chance.random() < 0.02, "permanent": chance.random() < 0.1,
        "sensitivity": chance.choice([None, "public", "internal", "restricted"]),
        "estimated_tokens": chance.choice([0, 800, 5_000, 30_000]),
        "estimated_cost_pico_usd": chance.choice([0, 10**10, 7 * 10**12]),
        "over_intent_budget": chance.random() < 0.1, "budget_used_percent": chance.choice([3, 60, 100]),
        "hour": chance.randrange(24), "weekday": chance.randrange(1, 8),
    }  # fmt: skip


def record(person: Any, number: int, days: int = 60) -> None:
    """Writes `number` verdicts, as the rules in force give them, spread over the last `days`."""
    from django.db import transaction
    from django.utils import timezone

    from governance.gate import own_rules, rules_for
    from governance.models import Verdict
    from governance.rules.engine import evaluate

    chance = random.Random(7)
    with person.acting(), transaction.atomic():
        own, now = own_rules(), timezone.now() - timedelta(minutes=1)
        rows = []
        for index in range(number):
            facts = facts_like(chance)
            said = evaluate(rules_for(facts["action"], own), facts)
            row = Verdict(action=facts["action"], decision=said.decision, rule_set=said.document["rule_set"],
                          document=said.document, person_id=person.user.pk)  # fmt: skip
            row.at = now - timedelta(days=days) * index / number
            rows.append(row)
        field = Verdict._meta.get_field("at")
        field.auto_now_add = False  # the past is what this is about
        try:
            Verdict.objects.bulk_create(rows, batch_size=500)
        finally:
            field.auto_now_add = True
