"""What staff watch: the log of the system and all signatures, and whether the laws hold, with what was found."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.audit.checking import START
from governance.audit.proof import prove
from governance.audit.shapes import full_out
from governance.audit.signing.checking import record_faults
from governance.audit.verify_views import checks
from governance.isolation.context import reading
from governance.laws.looking import last_looks
from governance.rules.laws import LAWS
from governance.staff.views import carried_out, draw


@require_http_methods(["GET", "HEAD", "POST"])
def log_verify(request: HttpRequest) -> HttpResponse:
    """The system's chain since its last signed head, and verifications of all of it; a post begins one."""
    if request.method == "POST":
        carried_out(request, START, {}, _("It is being verified in the background."), None)
        return redirect("admin:log-verify")
    with reading():
        proof, done = prove(full=False), checks("admin:log-verify")
    context = {"proof": proof, "faults": record_faults(), "verified_at": timezone.now(), "may_write": True, **done}
    return draw(request, "staff/log_verify.html", context)


@require_safe
def log_verify_state(request: HttpRequest) -> HttpResponse:
    """As the API says it of an identity's log: what was found last, and how far the newest one is."""
    with reading():
        return JsonResponse(full_out())


@require_safe
def laws(request: HttpRequest) -> HttpResponse:
    """Every check as of its last look, with the details that nobody else is shown."""
    with reading():
        looks = last_looks()
    return draw(request, "staff/laws.html", {"laws": [(law, looks[law.code]) for law in LAWS]})
