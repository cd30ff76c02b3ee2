"""Capturing, and filing what was captured."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.errors import BadInput, Conflict
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.perform import perform
from spheres.facts import Sphere
from spheres.forms import CaptureForm, RouteForm, sphere_choices
from spheres.models import Capture, CaptureType
from spheres.views.bureau import section_context
from spheres.views.common import back, newest_page, performed, show

SHARED = 500


@require_http_methods(["GET", "HEAD", "POST"])
def capture(request: HttpRequest) -> HttpResponse:
    """The capture box by itself, with what still waits in all spheres; also what a phone shares to."""
    return captured_or_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def sphere_capture(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """The stream of one sphere's captures, and how to file them."""
    return captured_or_page(request, sphere)


def captured_or_page(request: HttpRequest, sphere: Sphere | None) -> HttpResponse:
    here = reverse("sphere-capture", args=[sphere]) if sphere else reverse("capture")
    form = CaptureForm(request.POST) if request.method == "POST" else CaptureForm(initial=initial(request, sphere))
    if request.method == "POST" and form.is_valid():
        made = performed(form, "spheres.capture.create", form.cleaned_data)
        if made is not None:
            messages.success(request, _("Captured."))
            return back(request, here)
    with reading():
        context = stream(request, sphere) | {"form": form}
    template = "spheres/capture.html" if sphere else "spheres/capture_all.html"
    return show(request, template, context, sphere=sphere, status=400 if form.errors else 200)


def initial(request: HttpRequest, sphere: Sphere | None) -> dict[str, str]:
    """What the box starts with: the sphere at hand, and what another application shared."""
    shared = [request.GET.get(name, "").strip() for name in ("title", "text", "url")]
    text = "\n".join(part for part in shared if part)[:SHARED]
    return {"content": text, "sphere": sphere.slug.value if sphere else request.GET.get("sphere", "")}


def stream(request: HttpRequest, sphere: Sphere | None) -> dict[str, Any]:
    """The captures of a page: those that wait, or with `show=all` every one of the sphere."""
    shown = "all" if request.GET.get("show") == "all" else "waiting"
    rows = Capture.objects.all() if shown == "all" else Capture.objects.waiting()
    page = newest_page(rows.in_sphere(sphere.slug if sphere else ""), request.GET.get("after", ""))
    context = {"page": page, "shown": shown, "spheres": sphere_choices(), "link": CaptureType.LINK}
    return context | (section_context(sphere, "capture") if sphere else {})


@require_POST
def capture_examples(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """Three notes to try Nova with, in a sphere that holds none yet."""
    try:
        perform("spheres.example.capture", {"sphere": sphere.slug})
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Three notes are here. Ask Nova to summarise them."))
    return redirect("sphere-home", sphere)


@require_POST
def route_capture(request: HttpRequest, capture: UUID) -> HttpResponse:
    """Files a capture as a note or a task."""
    with reading():
        found = find(Capture.objects, capture)
    form = RouteForm(request.POST)
    if not form.is_valid():
        raise BadInput(
            _("Choose what it becomes and in which sphere."),
            errors={name: list(found) for name, found in form.errors.items()},
        )
    routed = perform("spheres.capture.route", {"capture": capture, **form.cleaned_data})
    messages.success(request, _("Filed as a task.") if routed.routed_type == "task" else _("Filed as a note."))
    return back(request, reverse("sphere-capture", args=[found.sphere]))


@require_POST
def archive_capture(request: HttpRequest, capture: UUID) -> HttpResponse:
    """Puts a capture away."""
    archived = perform("spheres.capture.archive", {"capture": capture})
    messages.success(request, _("Archived."))
    return back(request, reverse("sphere-capture", args=[archived.sphere]))
