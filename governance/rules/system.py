"""The system's seven rules, which nobody can loosen, and the defaults that ship beside them (design 3.3, 4.1).

They are code, not rows: no setting, role or migration can switch them off.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.rules.conditions import Condition
from governance.rules.models import Level, RuleEffect, RuleKind


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule as the engine sees it, wherever it comes from. `level` '' means the effect's default level."""

    code: str
    name: str | Promise
    kind: str
    effect: str
    conditions: tuple[Condition, ...]
    level: str = ""
    priority: int = 50
    quorum: int = 1
    exclude_requester: bool = False
    version: int = 1


def _always_asks(code: str, name: str | Promise, effect: str) -> RuleSpec:
    return RuleSpec(
        code,
        name,
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("effect", "eq", effect), Condition("actor.kind", "in", ("agent", "nova"))),
        priority=95,
    )


RAISE = "governance.budget.raise"  # the action of ledger/raising.py
SENSITIVE_DATA, SPHERE_BOUNDARY = "default.sensitive_data", "system.sphere_boundary"
SECRETS = ("restricted", "top_secret")
NOT_ELEVATED = Condition("elevated", "ne", True)

SYSTEM_RULES = (
    RuleSpec(
        "system.identity_boundary",
        _("Nothing crosses into another identity but what is offered and accepted"),
        RuleKind.IDENTITY_ISOLATION,
        RuleEffect.DENY,
        (Condition("crosses_identity", "eq", True), Condition("effect", "ne", "TRANSFER")),
        priority=100,
        version=2,
    ),
    RuleSpec(
        SPHERE_BOUNDARY,
        _("Writing into another sphere asks a person"),
        RuleKind.SPHERE_BOUNDARY,
        RuleEffect.CHECKPOINT,
        (Condition("crosses_sphere", "eq", True), NOT_ELEVATED, Condition("effect", "ne", "READ")),
        level=Level.HIGH,
        priority=98,
        version=2,
    ),
    RuleSpec(
        "system.budget_exceeded",
        _("Nothing is spent beyond the budget"),
        RuleKind.TOKEN_BUDGET,
        RuleEffect.DENY,
        (Condition("estimated_tokens", "gt", 0), Condition("budget_used_percent", "gte", 100)),
        priority=97,
    ),
    _always_asks("system.agent_delete", _("What an agent deletes, a person approves"), "DELETE"),
    _always_asks("system.agent_send", _("What an agent sends, a person approves"), "SEND"),
    _always_asks("system.agent_transfer", _("What an agent transfers, a person approves"), "TRANSFER"),
    _always_asks("system.agent_payment", _("What an agent pays, a person approves"), "PAYMENT"),
)

# Not one of the seven: how a person's own click becomes consent on every channel (design 3.3): sending,
# transferring, paying and permanent deletion always show their preview and are confirmed on it.
CONSENT_RULES = (
    RuleSpec(
        "system.person_consent",
        _("What leaves or cannot be undone is confirmed on its preview"),
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("effect", "in", ("SEND", "TRANSFER", "PAYMENT")), Condition("actor.kind", "eq", "person")),
        priority=94,
    ),
    RuleSpec(
        "system.permanent_deletion",
        _("A permanent deletion is confirmed on its preview"),
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("effect", "eq", "DELETE"), Condition("permanent", "eq", True)),
        level=Level.HIGH,
        priority=94,
    ),
)

# To ask for more is one act, to grant it another: on every channel, whoever asks.
BUDGET_RULES = (
    RuleSpec(
        "system.budget_raise",
        _("A budget is raised on request when who may set it agrees"),
        RuleKind.TOKEN_BUDGET,
        RuleEffect.CHECKPOINT,
        (Condition("action", "eq", RAISE),),
        level=Level.LOW,
        priority=94,
    ),
)

ELEVATE = "governance.elevation.request"  # the action of elevate/actions.py

# A wider scope for a while is asked for and allowed in two acts; by two people, where two could decide.
ELEVATION_RULES = (
    RuleSpec(
        "system.elevation",
        _("A wider scope for a while is allowed by a person"),
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("action", "eq", ELEVATE),),
        level=Level.HIGH,
        priority=94,
    ),
    RuleSpec(
        "system.elevation_by_another",
        _("Who asks for a wider scope does not allow it, where somebody else can"),
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("action", "eq", ELEVATE), Condition("deciders", "gt", 1)),
        level=Level.HIGH,
        priority=94,
        exclude_requester=True,
    ),
)

REMEMBER = "governance.memory.approve"  # the action of memory/settling.py

# An agent proposes what to remember; that it is remembered, a person decides, on its exact words.
MEMORY_RULES = (
    RuleSpec(
        "system.agent_memory",
        _("What an agent wants to remember, a person approves"),
        RuleKind.ACTION_RESTRICTION,
        RuleEffect.CHECKPOINT,
        (Condition("action", "eq", REMEMBER), Condition("actor.kind", "in", ("agent", "nova"))),
        level=Level.LOW,
        priority=94,
    ),
)

DEFAULT_RULES = (
    RuleSpec(
        SENSITIVE_DATA,
        _("Restricted and top secret data ask a person"),
        RuleKind.DATA_SENSITIVITY,
        RuleEffect.CHECKPOINT,
        (Condition("sensitivity", "in", SECRETS), NOT_ELEVATED),
        level=Level.LOW,
        priority=60,
        version=2,
    ),
    RuleSpec(
        "default.large_request",
        _("More than 20 000 expected tokens ask a person"),
        RuleKind.TOKEN_BUDGET,
        RuleEffect.CHECKPOINT,
        (Condition("estimated_tokens", "gt", 20_000),),
        level=Level.LOW,
        priority=60,
    ),
    RuleSpec(
        "default.above_intent_budget",
        _("Half as much again as such a request usually needs asks a person"),
        RuleKind.TOKEN_BUDGET,
        RuleEffect.CHECKPOINT,
        (Condition("over_intent_budget", "eq", True),),
        level=Level.LOW,
        priority=59,
    ),
)

ALWAYS = (*SYSTEM_RULES, *CONSENT_RULES, *BUDGET_RULES, *ELEVATION_RULES, *MEMORY_RULES, *DEFAULT_RULES)

# What a rule above said before it was changed: change one, raise its `version`, and keep the former one here, so that
# verdicts of that time can still be said again.
FORMER: tuple[RuleSpec, ...] = (
    RuleSpec(  # before there was a way to carry something over, with two envelopes (crossings)
        "system.identity_boundary",
        _("Nothing crosses into another identity"),
        RuleKind.IDENTITY_ISOLATION,
        RuleEffect.DENY,
        (Condition("crosses_identity", "eq", True),),
        priority=100,
    ),
    RuleSpec(  # before there were elevations
        SPHERE_BOUNDARY,
        _("Writing into another sphere asks a person"),
        RuleKind.SPHERE_BOUNDARY,
        RuleEffect.CHECKPOINT,
        (Condition("crosses_sphere", "eq", True), Condition("effect", "ne", "READ")),
        level=Level.HIGH,
        priority=98,
    ),
    RuleSpec(  # likewise
        SENSITIVE_DATA,
        _("Restricted and top secret data ask a person"),
        RuleKind.DATA_SENSITIVITY,
        RuleEffect.CHECKPOINT,
        (Condition("sensitivity", "in", SECRETS),),
        level=Level.LOW,
        priority=60,
    ),
)
