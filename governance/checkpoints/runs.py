"""What the app that runs pipelines tells about them: filled from above, empty until then.

A checkpoint knows its run and agent by id only (upward references are plain values, design 3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

NOVA = "nova"

_status: Callable[[UUID], str | None] | None = None
_request: Callable[[UUID], str | None] | None = None
_agent_name: Callable[[str], str] | None = None
_replaced: Callable[[Any, Any, Any], None] | None = None


def register_run_status(function: Callable[[UUID], str | None]) -> None:
    """`function(run id)`: the run's status now, inside a transaction; None when there is no such run."""
    global _status
    _status = function


def register_run_request(function: Callable[[UUID], str | None]) -> None:
    """`function(run id)`: the sentence in which the person asked for the run."""
    global _request
    _request = function


def register_agent_name(function: Callable[[str], str]) -> None:
    """`function(code)`: the agent's name as people know it."""
    global _agent_name
    _agent_name = function


def register_replaced(function: Callable[[Any, Any, Any], None]) -> None:
    """`function(uow, old, new)`: a run's question was replaced; called inside that unit of work."""
    global _replaced
    _replaced = function


def tell_replaced(uow: Any, old: Any, new: Any) -> None:
    """Tells the run of a replaced question, when it has one, which one it waits for now."""
    if old.run_id is not None and _replaced is not None:
        _replaced(uow, old, new)


def run_state(run_id: UUID | None) -> dict[str, Any] | None:
    """`{id, status}` of a run; None without a run, or while nobody knows its status."""
    status = _status(run_id) if run_id is not None and _status is not None else None
    return {"id": str(run_id), "status": status} if status is not None else None


def run_request(run_id: UUID | None) -> str:
    """The sentence a run began with; '' when it is not known."""
    return (_request(run_id) or "") if run_id is not None and _request is not None else ""


def agent_name(code: str) -> str:
    """The agent's name, its code when nobody knows better, '' for no agent."""
    if code == NOVA:
        return "Nova"
    return _agent_name(code) if code and _agent_name is not None else code
