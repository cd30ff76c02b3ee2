"""Saving an address: what its name means is asked before any transaction, and a refusal is on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.isolation.context import current
from governance.perform import parse, perform, record_refusal
from governance.registry.actions import get_action
from governance.webhooks.addresses import UnsafeAddress
from governance.webhooks.sending import Network, this_network


def saved(name: str, params: Mapping[str, Any], network: Network | None = None) -> Any:
    """Performs `name` once its `url` was looked up. Nobody who may not save it can have a name looked up by us."""
    action = get_action(name)
    parsed: Any = parse(action, params)
    if parsed.url is not None and action.policy(current(), parsed):
        try:
            (network or this_network()).check(parsed.url)
        except UnsafeAddress as refusal:
            record_refusal(action, parsed, refusal, None)
            raise
    return perform(name, parsed)
