"""`/violations/`: attempts to reach across identities, all of them refused."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from governance.access.models import Violation
from governance.access.showing import names_of, newest_page, show

PAGE = 50


@require_safe
def violations(request: HttpRequest) -> HttpResponse:
    """The newest first."""
    found, more = newest_page(request, Violation.objects.all(), PAGE)
    names = names_of(row.person_id for row in found)
    rows = [(row, names.get(row.person_id, "")) for row in found]
    return show(request, "governance/violations.html", {"rows": rows, "more": more})
