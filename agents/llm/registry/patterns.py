"""Names that a provider's quirks forbid: they would be answered by something else than was asked for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any


def forbidden(quirks: Mapping[str, Any], model_id: str) -> bool:
    """Is the model's name one that must never be called there?"""
    return any(fnmatchcase(model_id, pattern) for pattern in quirks.get("forbid_model_patterns", ()))
