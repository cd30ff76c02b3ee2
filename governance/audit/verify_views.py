"""`/audit/verify/`: the proof since the last signed head, and verifications of the whole log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.access.showing import names_of, show
from governance.audit.checking import START
from governance.audit.models import ChainCheck
from governance.audit.proof import prove
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import current
from governance.people.policies import may_write
from governance.perform import perform

SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Recomputes the links since the last signed head and names the first that does not fit; a post has all read."""
    if request.method == "POST":
        return begin(request)
    context = {"proof": prove(full=False), "verified_at": timezone.now(), **checks("audit-verify")}
    return show(request, "governance/audit_verify.html", context)


def begin(request: HttpRequest) -> HttpResponse:
    if not may_write(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    try:
        perform(START, {})
    except Conflict as error:
        messages.info(request, str(error.detail))
    return redirect("audit-verify")


@require_safe
def audit_verify_state(request: HttpRequest) -> HttpResponse:
    """The verifications as they are now, for an open page."""
    return show(request, "governance/_chain_checks.html", checks("audit-verify"))


def checks(page: str) -> dict[str, Any]:
    """The last verifications of the whole log, and who asked for them; `page`: where they are shown and begun."""
    rows = list(ChainCheck.objects.newest_first()[:SHOWN])
    names = names_of(row.person_id for row in rows)
    shown = [(row, names.get(row.person_id, "")) for row in rows]
    return {"checks": shown, "under_way": any(row.is_under_way for row in rows), "verify_page": page}
