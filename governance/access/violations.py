"""Recording a refused crossing: the requester's row names no target, the system's chain does (design 3.2)."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest

from governance.access.models import Violation
from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import Outcome
from governance.errors import IdentityBoundary
from governance.isolation.context import Why, current, system_scope
from governance.uow import unit_of_work

ACTION = "governance.boundary.cross"


def record_violation(request: HttpRequest, refusal: IdentityBoundary) -> None:
    """Writes the Violation, its entry in the requester's chain and the full facts in the system's."""
    facts = {
        "kind": refusal.kind,
        "resource": refusal.resource,
        "method": _told(request.method or "", 10),
        "path": _told(request.path, 300),
        "ip": address(request),
        "user_agent": _told(request.headers.get("User-Agent", ""), 200),
    }
    with unit_of_work() as uow:
        violation = Violation.objects.create(person_id=uow.actor.person_id, **facts)
        uow.drafts.append(_draft(refusal, facts, violation.pk))
        uow.announce("violation.detected", violation.pk, violation=refusal.kind)
    with system_scope(Why.RECORD_REFUSAL):
        append(SYSTEM_CHAIN, current(), [_draft(refusal, {**facts, "target": refusal.target}, None)], [])


def address(request: HttpRequest) -> str | None:
    """The caller's address, or None when it is none (a socket file) or cannot be kept as one."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return None


def _told(text: str, longest: int) -> str:
    """What a caller said about itself, in a form that can be stored."""
    return text.replace("\x00", "").encode(errors="replace").decode()[:longest]


def _draft(refusal: IdentityBoundary, payload: dict, row: object) -> Draft:
    return Draft(
        ACTION,
        "READ",
        Outcome.REFUSED,
        reason=refusal.kind,
        resource_type="governance.violation" if row else "",
        resource_id=row,  # type: ignore[arg-type]
        payload=payload,
    )
