"""Refused sign-ins on the record: in the person's own chain, or in the system's where there is no person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from uuid_utils.compat import uuid7

from governance.access.public import is_for_programs
from governance.access.violations import address, told
from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import Outcome
from governance.isolation.context import Why, bind, system_scope
from governance.people.models import User
from governance.people.registration import personal_context
from governance.registry.actions import get_action
from governance.uow import unit_of_work


def record_refused(
    request: HttpRequest, person: User | None, action: str, reason: str, *, effect: str = "", **facts: Any
) -> None:
    """Writes the entry of a refused `action`. Both ways cost the same: time must not tell who has an account."""
    draft = Draft(
        action,
        effect or get_action(action).effect,
        Outcome.REFUSED,
        reason=reason,
        payload={"ip": address(request), "user_agent": told(request.headers.get("User-Agent", ""), 200), **facts},
    )
    if person is None:
        with bind(None), system_scope(Why.RECORD_REFUSAL):
            append(SYSTEM_CHAIN, None, [draft], [])
        return
    with bind(context_of(request, person)), unit_of_work() as uow:
        uow.drafts.append(draft)


def context_of(request: HttpRequest, person: User) -> Any:
    """The person in their personal identity, where what concerns the person alone is recorded."""
    return personal_context(
        person,
        channel="api" if is_for_programs(request.path_info) else "page",
        request_id=getattr(request, "request_id", None) or uuid7(),
    )
