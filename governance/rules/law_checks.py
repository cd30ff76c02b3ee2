"""Do the rules in force say what the laws promise? The engine is asked, with the acts that are declared."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel, IdentityContext
from governance.laws.checks import Finding, register_check
from governance.people.models import Identity, User
from governance.registry.actions import Effect, all_actions
from governance.rules import engine, system
from governance.rules.conditions import KEYS
from governance.rules.models import RuleEffect

STOPPING = (Effect.SEND, Effect.DELETE, Effect.TRANSFER, Effect.PAYMENT)
LEAVING = (Effect.SEND, Effect.TRANSFER, Effect.PAYMENT)


def said(**facts: Any) -> str:
    """What the rules in force decide about an act with these facts."""
    known = dict.fromkeys(KEYS) | {"estimated_tokens": 0, "estimated_cost_pico_usd": 0, "budget_used_percent": 0}
    return engine.evaluate(system.ALWAYS, known | facts).decision


def not_stopped(kind: str, effects: tuple[Effect, ...]) -> Iterator[str]:
    """Declared acts of these effects that such an actor could do unasked, or that have no kind of question.

    Also where a wider scope is allowed for a while: nothing lifts the question here.
    """
    for action in all_actions().values():
        if action.effect in effects:
            known = {"actor.kind": kind, "effect": str(action.effect), "action": action.name}
            decided = {said(**known, elevated=flag) for flag in (None, True)}
            if decided != {RuleEffect.CHECKPOINT} or str(action.effect) not in engine.DEFAULTS:
                yield action.name


def listed(names: list[str], what: str) -> Finding:
    return Finding(not names, f"{what}: {', '.join(names)}" if names else "")


def consent_asked() -> Finding:
    """What leaves, moves or pays asks the person first."""
    return listed(list(not_stopped("person", LEAVING)), "a person would not be asked")


def agents_stopped() -> Finding:
    """What an agent or Nova deletes, sends, transfers or pays stops at a person."""
    unasked = {name for kind in ("agent", "nova") for name in not_stopped(kind, STOPPING)}
    return listed(sorted(unasked), "an agent would not be stopped")


def spheres_kept() -> Finding:
    """Writing into another sphere asks, whoever does it."""
    crossing = {"crosses_sphere": True, "sphere": "personal", "target_sphere": "business"}
    passed = [
        f"{kind} {effect}"
        for kind in ("person", "agent", "nova")
        for effect in (Effect.CREATE, Effect.UPDATE)
        if said(**{"actor.kind": kind, "effect": str(effect), **crossing}) == RuleEffect.ALLOW
    ]
    return listed(passed, "writing into another sphere asks nobody")


def boundaries_kept() -> Finding:
    """Nothing crosses into another identity; what is handed over there asks a person."""
    passed = [
        f"{effect} by {kind}"
        for effect, kind in product(Effect, ("person", "agent", "nova"))
        if said(**{"actor.kind": kind, "effect": str(effect), "crosses_identity": True})
        != (RuleEffect.CHECKPOINT if effect == Effect.TRANSFER else RuleEffect.DENY)
    ]
    return listed(passed, "may cross into another")


def budget_kept() -> Finding:
    """Beyond the budget nothing is spent."""
    decided = said(effect="UPDATE", estimated_tokens=1, budget_used_percent=100)
    return Finding(decided == RuleEffect.DENY, "" if decided == RuleEffect.DENY else f"beyond the budget: {decided}")


def every_act_asks_who() -> Finding:
    """Somebody without a role may do nothing in an identity that exists: each act has a policy that says so."""
    person, identity = (model.objects.order_by("pk").values_list("pk", flat=True).first() for model in (User, Identity))
    if person is None or identity is None:
        return Finding(None, "there is nobody yet")
    nobody = IdentityContext(person, identity, "", Channel.API, uuid7())
    return listed([name for name, each in all_actions().items() if each.policy(nobody, None)], "open to nobody's role")


def register() -> None:
    for law, key, title, run in (
        ("L1", "consent.asked", _("What leaves, moves or pays asks first"), consent_asked),
        ("L3", "context.spheres", _("Writing into another sphere asks a person"), spheres_kept),
        ("L4", "levels.policies", _("No act is open to somebody without a role"), every_act_asks_who),
        ("L7", "agents.stopped", _("What agents delete, send, transfer or pay stops"), agents_stopped),
        ("L8", "budget.rule", _("Beyond the budget nothing is allowed"), budget_kept),
        ("L9", "isolation.rule", _("What crosses into another identity is refused, or asks a person"), boundaries_kept),
    ):
        register_check(law, key, title, run, across=False)
