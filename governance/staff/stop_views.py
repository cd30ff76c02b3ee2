"""`/admin/stops/`: stopping agents for everybody, and letting them go on (design 4.4)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.access.showing import asked_id, names_of
from governance.access.stepup import require_recent_factor
from governance.isolation.context import reading
from governance.kills.everywhere import live_stops
from governance.kills.models import InstallationStop
from governance.kills.scopes import reach_of
from governance.staff.actions.stops import RESUME, STOP
from governance.staff.forms import StopForm
from governance.staff.views import carried_out, draw, found_or_404

PAGE = 50
Scope = InstallationStop.Scope
Line = tuple[InstallationStop, str, str]


def offered() -> list[tuple[str, object]]:
    """Everything, then each provider."""
    reach = reach_of(Scope.PROVIDER)
    listed = [(f"{Scope.PROVIDER}:{ref}", name) for ref, name in reach.choices()] if reach else []
    return [(f"{Scope.ALL}:", Scope.ALL.label), (str(Scope.PROVIDER.label), listed)]


@require_http_methods(["GET", "HEAD", "POST"])
def stops(request: HttpRequest) -> HttpResponse:
    """What holds, the form, and what held before. Every stop asks for a fresh second factor."""
    form = StopForm(request.POST if request.method == "POST" else None, offered=offered())
    if request.method == "POST":
        require_recent_factor(request, second=True, back=request.path)
        if form.is_valid():
            scope, _sign, ref = form.cleaned_data["what"].partition(":")
            params = {"scope": scope, "id": ref, "reason": form.cleaned_data["reason"]}
            if carried_out(request, STOP, params, _("Stopped. What is under way ends within a moment."), form):
                return redirect("admin:stops")
    return draw(request, "staff/stops.html", {"form": form, **shown(request)}, status=400 if form.errors else 200)


def shown(request: HttpRequest) -> dict[str, object]:
    """The rows with the names of who acted, all in one query."""
    before = asked_id(request, "before")
    with reading():
        live, over = list(live_stops().order_by("-id")), InstallationStop.objects.filter(lifted_at__isnull=False)
        past = list((over.filter(pk__lt=before) if before else over).order_by("-id")[: PAGE + 1])
        names = names_of(pk for row in [*live, *past] for pk in (row.by_id, row.lifted_by_id))
    more = past[PAGE - 1].pk if len(past) > PAGE else None
    return {"live": [line(row, names) for row in live], "past": [line(row, names) for row in past[:PAGE]], "more": more}


def line(row: InstallationStop, names: dict[UUID, str]) -> Line:
    return row, names.get(row.by_id, ""), names.get(row.lifted_by_id, "") if row.lifted_by_id else ""


@require_POST
def lift(request: HttpRequest, pk: UUID) -> HttpResponse:
    """New requests may begin again, everywhere."""
    require_recent_factor(request, second=True, back="/admin/stops/")
    found_or_404(InstallationStop, pk)
    carried_out(request, RESUME, {"stop": pk}, _("Lifted. New requests may begin."), None)
    return redirect("admin:stops")
