"""Which chat models can be called now by the bound identity, in the shapes of both wires."""

from __future__ import annotations

from typing import Any

from agents.gateway.naming import AUTO, listed
from agents.llm.routing.actions import preferences
from agents.llm.routing.field import Candidate
from agents.llm.routing.now import router_now

SINCE, SINCE_TEXT = 1_767_225_600, "2026-01-01T00:00:00Z"  # the wires want a date; nobody tells one
Found = list[tuple[str, Candidate]]


def callable_now() -> Found:
    """Those with a key, healthy, with room left, and where the identity lets its words go; named each for itself."""
    router, usual = router_now(), preferences()
    state, excluded, residency = router.state, set(usual.exclude), set(usual.residency)
    closed = (set(state.unwell) | set(state.full) | excluded) - {""}
    return [
        (name, each)
        for name, each in listed(router.field.candidates)
        if each.provider in state.keyed and each.provider not in closed and (not residency or each.places <= residency)
    ]


def openai_list(found: Found) -> dict[str, Any]:
    rows = [(AUTO, "chenu"), *((name, each.provider) for name, each in found)]
    data = [{"id": name, "object": "model", "created": SINCE, "owned_by": owner} for name, owner in rows]
    return {"object": "list", "data": data}


def anthropic_list(found: Found) -> dict[str, Any]:
    rows = [(AUTO, "CHE·NU"), *((name, each.facts.name or name) for name, each in found)]
    data = [{"type": "model", "id": name, "display_name": shown, "created_at": SINCE_TEXT} for name, shown in rows]
    return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}
