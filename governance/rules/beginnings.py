"""Three rules to begin with."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.rules.models import Level, RuleEffect, RuleKind
from governance.rules.words import COST, PICO

BLANK: dict[str, Any] = {
    "name": "",
    "kind": RuleKind.CUSTOM,
    "effect": RuleEffect.CHECKPOINT,
    "level": "",
    "priority": 50,
    "conditions": [],
    "quorum": 1,
    "exclude_requester": False,
}
TEMPLATES: dict[str, tuple[str | Promise, str | Promise, dict[str, Any]]] = {
    "cost": (
        _("Ask before more than 5 $"),
        _("Whatever is expected to cost more than 5 US dollars waits for a person."),
        {"kind": RuleKind.TOKEN_BUDGET, "conditions": [{"key": COST, "op": "gt", "value": 5 * PICO}]},
    ),
    "sunday": (
        _("Nothing leaves on Sunday"),
        _("What would be sent on a Sunday is refused."),
        {
            "kind": RuleKind.TIME_RESTRICTION,
            "effect": RuleEffect.DENY,
            "conditions": [{"key": "effect", "op": "eq", "value": "SEND"}, {"key": "weekday", "op": "eq", "value": 7}],
        },
    ),
    "two": (
        _("Two people for payments"),
        _("A payment order needs the agreement of two people."),
        {
            "kind": RuleKind.ACTION_RESTRICTION,
            "level": Level.CRITICAL,
            "quorum": 2,
            "conditions": [{"key": "effect", "op": "eq", "value": "PAYMENT"}],
        },
    ),
}


def begun(name: str) -> dict[str, Any]:
    """The content of a template, an empty one for an unknown name."""
    if name not in TEMPLATES:
        return BLANK
    title, _says, content = TEMPLATES[name]
    return BLANK | content | {"name": str(title)}
