"""What follows when a question ends without its act, or is asked anew: registered by who keeps what it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Follow = Callable[[Any, Any, Any], None]
_followers: dict[str, Follow] = {}


def register_ending(action: str, follow: Follow) -> None:
    """`follow(uow, row, successor)` is called in the same unit of work, with the question locked.

    Whenever one about `action` is refused, withdrawn, expired or failed (`successor` None), or replaced by another.
    """
    _followers[action] = follow


def tell_ended(uow: Any, row: Any, successor: Any = None) -> None:
    """Calls what is registered for the act of this question, which has just ended."""
    if row.action in _followers:
        _followers[row.action](uow, row, successor)
