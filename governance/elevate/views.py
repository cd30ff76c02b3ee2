"""`/elevations/`: a wider scope for a while: what waits, what is in force, what was; and the form that asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import names_of, newest_page, show
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.runs import agent_name
from governance.crossings.kinds import spheres
from governance.elevate.actions import END
from governance.elevate.asking import hours_said
from governance.elevate.forms import ElevationForm
from governance.elevate.models import Elevation
from governance.elevate.policies import may_end
from governance.elevate.shapes import OVER, VOID, listed, shown_state
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.perform import perform
from governance.rules.system import ELEVATE

PAGE = 50
State = Elevation.State
TONES: dict[str, str] = {State.REQUESTED: "wait", State.IN_FORCE: "ok", State.DENIED: "bad"}
PREFILLED = ("kind", "sphere", "target_sphere")


@require_safe
def elevations(request: HttpRequest) -> HttpResponse:
    """The newest first: what waits, what is in force and until when, what is over."""
    found, more = newest_page(request, listed(), PAGE)
    people = {pk for row in found for pk in (row.person_id, row.ended_by_id) if pk}
    names, may, places = names_of(people), may_end(current()), spheres()
    context = {"rows": [line(row, names, places, may) for row in found], "more": more}
    return show(request, "elevate/list.html", context)


def line(row: Any, names: Mapping[UUID, str], places: Mapping[str, Any], may: bool) -> dict[str, Any]:
    """One of them, with its words."""
    state = shown_state(row)
    return {
        "row": row,
        "agent": agent_name(row.agent),
        "person": names.get(row.person_id, ""),
        "ended_by": names.get(row.ended_by_id, "") if row.ended_by_id else "",
        "from": places.get(row.sphere, row.sphere),
        "to": places.get(row.target_sphere, row.target_sphere),
        "hours": hours_said(row.hours),
        "state": state,
        "words": BESIDES.get(state) or State(state).label,
        "tone": TONES.get(state, "off"),
        "asks": state == State.REQUESTED and row.asked == Checkpoint.Status.PENDING,
        "may_end": may and (row.is_live() or (state == State.REQUESTED and row.asked == Checkpoint.Status.PENDING)),
    }


BESIDES = {OVER: pgettext_lazy("elevation", "Its time is over"), VOID: gettext_lazy("counts no more")}


@require_http_methods(["GET", "HEAD", "POST"])
def elevation_new(request: HttpRequest) -> HttpResponse:
    """Asks what, where, for how long and why; a POST leads to the question. `?kind=&sphere=…` fill the form in."""
    if not may_write(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    given = {name: request.GET[name] for name in PREFILLED if name in request.GET}
    form = ElevationForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            perform(ELEVATE, form.cleaned_data)  # leads to its question (423)
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail or refusal.title))
    return show(request, "elevate/new.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
def elevation_end(request: HttpRequest, elevation: UUID) -> HttpResponse:
    """Withdraws or ends it."""
    with reading():
        find(Elevation.objects, elevation)
    try:
        row = perform(END, {"elevation": elevation})
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    else:
        ended = row.state == State.ENDED
        messages.success(request, _("Ended. It is asked again from now on.") if ended else _("Withdrawn."))
    return redirect("elevations")
