"""What staff watch: the log of the system and all signatures, and whether the laws hold, with what was found."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.audit.proof import prove
from governance.audit.signing.checking import record_faults
from governance.isolation.context import reading
from governance.laws.looking import last_looks
from governance.rules.laws import LAWS
from governance.staff.views import draw


@require_safe
def log_verify(request: HttpRequest) -> HttpResponse:
    """The system's chain since its last signed head, or with `?full=1` from its first entry; of no identity's."""
    with reading():
        proof = prove(full=request.GET.get("full") == "1")
    context = {"proof": proof, "faults": record_faults(), "verified_at": timezone.now()}
    return draw(request, "staff/log_verify.html", context)


@require_safe
def laws(request: HttpRequest) -> HttpResponse:
    """Every check as of its last look, with the details that nobody else is shown."""
    with reading():
        looks = last_looks()
    return draw(request, "staff/laws.html", {"laws": [(law, looks[law.code]) for law in LAWS]})
