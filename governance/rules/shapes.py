"""Rules and their versions as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.rules.contents import FIELDS, latest_of
from governance.rules.models import Rule, RuleVersion
from governance.rules.reading import plain
from governance.rules.system import RuleSpec


class ConditionOut(BaseModel):
    key: str
    op: str
    value: bool | int | str | list[bool | int | str]


class ContentOut(BaseModel):
    """`level` '': the usual one of what is asked about."""

    name: str
    kind: str
    effect: str
    level: str
    priority: int
    conditions: list[ConditionOut]
    quorum: int
    exclude_requester: bool


class RuleOut(ContentOut):
    """What holds (or would, once switched on). `state`: draft, published, disabled or removed; `draft`: what is
    being written, until it is published; `tightens`: the system rule of which it is a stricter form."""

    id: UUID
    state: str
    version: int
    draft: ContentOut | None
    tightens: str
    updated_at: datetime


class RulePage(BaseModel):
    results: list[RuleOut]
    next: str | None
    previous: str | None


class SystemRuleOut(ContentOut):
    code: str
    version: int


class SystemRuleList(BaseModel):
    results: list[SystemRuleOut]
    next: None = None
    previous: None = None


class VersionOut(BaseModel):
    version: int
    content: ContentOut
    author_id: UUID
    at: datetime


class VersionPage(BaseModel):
    results: list[VersionOut]
    next: str | None
    previous: str | None


def rule_out(row: Rule) -> dict[str, Any]:
    return RuleOut(
        **{name: getattr(row, name) for name in FIELDS},
        id=row.pk,
        state=row.state.value,
        version=row.version,
        draft=None if row.draft is None else latest_of(row),  # type: ignore[arg-type]
        tightens=row.tightens,
        updated_at=row.updated_at,
    ).model_dump(mode="json")


def system_rule_out(spec: RuleSpec) -> dict[str, Any]:
    return SystemRuleOut(**plain(spec), code=spec.code, version=spec.version).model_dump(mode="json")


def version_out(row: RuleVersion) -> dict[str, Any]:
    return VersionOut(
        version=row.version, content=ContentOut(**row.content), author_id=row.author_id, at=row.at
    ).model_dump(mode="json")
