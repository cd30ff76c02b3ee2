"""`/audit/export/`: the log alone, as an archive that checks itself and says its verdicts again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import ValidationError

from governance.access.showing import show
from governance.access.stepup import has_just_shown, require_recent_factor
from governance.audit.filters import AuditFilter
from governance.audit.shapes import OUTCOMES, label_of
from governance.errors import BadInput, Conflict
from governance.perform import perform
from governance.registry.fields import by_field
from governance.rights.models import DataExport
from governance.rights.views import SHOWN, allow


@require_http_methods(["GET", "HEAD", "POST"])
def log_export(request: HttpRequest) -> HttpResponse:
    """What would be in the archive, and those that were made; a post asks for one."""
    allow()
    asked = asked_for(request)
    here = address(asked)
    if request.method != "POST":
        return show(request, "rights/log_export.html", archives(request, asked))
    require_recent_factor(request, back=here)
    try:
        perform("governance.audit.export", asked.model_dump(mode="json", exclude_none=True))
    except Conflict as error:
        messages.info(request, str(error.detail))
    return redirect(here)


@require_safe
def log_export_state(request: HttpRequest) -> HttpResponse:
    """The list as it is now, for an open page."""
    allow()
    return show(request, "rights/_log_exports.html", archives(request, asked_for(request)))


def asked_for(request: HttpRequest) -> AuditFilter:
    """What the log is narrowed to. Raises BadInput for a wrong value."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        return AuditFilter.model_validate({name: given[name] for name in AuditFilter.model_fields if given.get(name)})
    except ValidationError as error:
        raise BadInput(errors=by_field(error)) from error


def address(asked: AuditFilter) -> str:
    given = asked.model_dump(mode="json", exclude_none=True)
    return reverse("audit-export", query=given or None)


def archives(request: HttpRequest, asked: AuditFilter) -> dict[str, Any]:
    """The last archives of the log, and what a new one would hold."""
    rows = list(DataExport.objects.filter(kind=DataExport.Kind.LOG).newest_first()[:SHOWN])
    return {
        "asked": asked,
        "given": asked.model_dump(mode="json", exclude_none=True),
        "outcome": OUTCOMES.get(asked.outcome or "", ""),
        "action": label_of(asked.action) if asked.action else "",
        "archives": rows,
        "under_way": DataExport.objects.under_way().exists(),
        "confirmed": has_just_shown(request),
        "here": address(asked),
    }
