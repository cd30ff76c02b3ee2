"""What a verdict says once a standing grant has answered its question. Pure, so that it can be said again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_grant(document: Mapping[str, Any], grant: Mapping[str, Any]) -> dict[str, Any]:
    """The rules' own words, allowed by the `grant` (its id, what it lifted, cost and room)."""
    return {**document, "decision": "allow", "kind": None, "level": None, "grant": dict(grant)}
