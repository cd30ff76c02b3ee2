"""Threads, messages and decisions as the API shows them (design 6.2, pinned)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from threads.models import Decision, Message, Thread


class _Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True, defer_build=True)


class ThreadOut(_Shape):
    """Tokens are whole credits; `cost_pico_usd` is in 10⁻¹² US dollars."""

    id: UUID
    title: str
    sphere: str
    dataspace: UUID | None
    type: str
    status: str
    token_budget: int
    tokens_used: int
    cost_pico_usd: int
    created_by: UUID
    created_at: datetime
    last_activity_at: datetime


class AuthorOut(BaseModel):
    """`id` is the person who spoke, or for whom an agent did; `agent` is its code, '' for people."""

    kind: str
    id: UUID | None
    name: str
    agent: str


class MessageOut(_Shape):
    id: UUID
    kind: str
    content: str
    author: AuthorOut
    created_at: datetime
    run_id: UUID | None
    reply_to: UUID | None
    corrects: UUID | None
    decision: UUID | None
    sources: list[dict[str, str]]


class DeciderOut(BaseModel):
    id: UUID
    name: str
    agent: str = ""


class DecisionOut(_Shape):
    id: UUID
    thread: UUID
    statement: str
    type: str
    options: list[str]
    status: str
    proposed_by: DeciderOut
    adopted_by: DeciderOut | None
    adopted_at: datetime | None
    superseded_at: datetime | None
    supersedes: UUID | None
    created_at: datetime


class _Page(_Shape):
    next: str | None
    previous: str | None


class ThreadPage(_Page):
    results: list[ThreadOut]


class MessagePage(_Page):
    results: list[MessageOut]


class DecisionPage(_Page):
    results: list[DecisionOut]


def _fields(shape: type[BaseModel], row: Any, **own: Any) -> dict[str, Any]:
    """The shape's fields, from the row unless given: keys to other rows as their ids."""
    values = {name: getattr(row, name) for name in shape.model_fields if name not in own}
    return shape.model_validate({**values, **own}).model_dump(mode="json")


def thread_out(thread: Thread) -> dict[str, Any]:
    return _fields(ThreadOut, thread, dataspace=thread.dataspace_id)


def message_out(message: Message) -> dict[str, Any]:
    author = AuthorOut(
        kind=message.author_kind, id=message.author_person_id, name=message.author_name, agent=message.agent
    )
    return _fields(
        MessageOut,
        message,
        author=author,
        reply_to=message.reply_to_id,
        corrects=message.corrects_id,
        decision=message.decision_id,
    )


def decision_out(decision: Decision) -> dict[str, Any]:
    adopted_by = decision.adopted_by and DeciderOut(id=decision.adopted_by, name=decision.adopted_by_name)
    return _fields(
        DecisionOut,
        decision,
        thread=decision.thread_id,
        proposed_by=DeciderOut(
            id=decision.proposed_by, name=decision.proposed_by_name, agent=decision.proposed_by_agent
        ),
        adopted_by=adopted_by,
        supersedes=decision.supersedes_id,
    )
