"""Recording a refused crossing: the requester's row names no target, the system's chain does (design 3.2)."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from governance.access import bursts
from governance.access.models import RefusalBurst, Violation
from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import Outcome
from governance.errors import IdentityBoundary
from governance.isolation.context import Why, current, system_scope
from governance.limits.address import UNKNOWN, client_address
from governance.notifications.tellers import stranger_refused
from governance.uow import unit_of_work

ACTION = "governance.boundary.cross"
MANY = "too_many_refusals"


def record_violation(request: HttpRequest, refusal: IdentityBoundary) -> bool:
    """Writes the Violation, its entry in the requester's chain and the full facts in the system's.

    True when the person has been refused too often within a minute: then this one is only counted, and
    the caller ends the sign-in it came from.
    """
    actor = current()
    burst = bursts.counted(actor.person_id, actor.identity_id)
    facts = {
        "kind": refusal.kind,
        "resource": refusal.resource,
        "method": told(request.method or "", 10),
        "path": told(request.path, 300),
        "ip": address(request),
        "user_agent": told(request.headers.get("User-Agent", ""), 200),
    }
    if burst.count > bursts.MOST_A_MINUTE:
        count_further(burst, facts, refusal.target)
        return True
    with unit_of_work() as uow:
        stranger_refused(uow, refusal.target)
        violation = Violation.objects.create(person_id=uow.actor.person_id, **facts)
        uow.drafts.append(_draft(refusal, facts, violation.pk))
        uow.announce("violation.detected", violation.pk, violation=refusal.kind)
    with system_scope(Why.RECORD_REFUSAL):
        append(SYSTEM_CHAIN, actor, [_draft(refusal, {**facts, "target": refusal.target}, None)], [])
    return False


def count_further(burst: RefusalBurst, facts: dict, target: object = None) -> None:
    """Shows what is beyond the limit in one row; its one entry is written when the minute is over."""
    with unit_of_work() as uow:
        stranger_refused(uow, target)
        known = Violation.objects.filter(pk=burst.violation) if burst.violation else Violation.objects.none()
        if known.update(repeats=F("repeats") + 1):
            return
        row = Violation.objects.create(person_id=uow.actor.person_id, severity=Violation.Severity.ERROR, **facts)
        uow.announce("violation.detected", row.pk, violation=facts["kind"])
        RefusalBurst.objects.filter(pk=burst.pk).update(violation=row.pk, chain=uow.actor.identity_id)


def tell_burst(burst: RefusalBurst) -> None:
    """Writes the one entry for the refusals beyond the limit, into the requester's chain and the system's."""
    draft = Draft(ACTION, "READ", Outcome.REFUSED, reason=MANY, resource_type="governance.violation")
    draft.resource_id = burst.violation
    draft.payload = {"counted": burst.count - bursts.MOST_A_MINUTE, "since": burst.began_at.isoformat()}
    with unit_of_work() as uow:
        if RefusalBurst.objects.filter(pk=burst.pk, told_at__isnull=True).update(told_at=timezone.now()):
            uow.drafts.append(draft)
            uow.also_told(SYSTEM_CHAIN, replace(draft))


def address(request: HttpRequest) -> str | None:
    """The caller's address; None when it is none (a socket file) or cannot be kept as one."""
    found = client_address(request.META)
    return None if found == UNKNOWN else found


def told(text: str, longest: int) -> str:
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
