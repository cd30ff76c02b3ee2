"""Tasks of all spheres in one list."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.isolation.context import reading
from governance.perform import perform
from spheres.facts import SPHERE_BY_SLUG, SPHERES
from spheres.forms import TaskForm
from spheres.models import Item
from spheres.views.common import Page, back, changed_page, due_page, performed, person_time, show


@require_http_methods(["GET", "HEAD", "POST"])
def task_list(request: HttpRequest) -> HttpResponse:
    """Open tasks by due day (with `show=done` the completed ones), of all spheres or of `sphere`."""
    sphere = request.GET.get("sphere", "") if request.GET.get("sphere", "") in SPHERE_BY_SLUG else ""
    form = TaskForm(request.POST) if request.method == "POST" else TaskForm(initial={"sphere": sphere})
    if request.method == "POST" and form.is_valid() and performed(form, "spheres.task.create", form.cleaned_data):
        messages.success(request, _("Added."))
        return redirect(reverse("task-list") + (f"?sphere={sphere}" if sphere else ""))
    done = request.GET.get("show") == "done"
    with reading(), person_time(request):
        context = {
            "form": form,
            "page": task_page(sphere, done, request.GET.get("after", "")),
            "done": done,
            "chosen": sphere,
            "spheres": SPHERES,
            "today": timezone.localdate(),
        }
    return show(request, "spheres/tasks.html", context, status=400 if form.errors else 200)


def task_page(sphere: str, done: bool, after: str) -> Page:
    """Open tasks by their day, or completed ones by when they were last touched."""
    rows = Item.objects.tasks().in_sphere(sphere).select_related("dataspace").defer("content")
    if done:
        return changed_page(rows.filter(status="complete"), after)
    return due_page(rows.exclude(status="complete"), after)


@require_POST
def task_complete(request: HttpRequest, task: UUID) -> HttpResponse:
    """Done, or to do again: as `complete` says, else the other one."""
    asked = {"1": True, "0": False}.get(request.POST.get("complete", ""))
    changed = perform("spheres.task.complete", {"task": task, "complete": asked})
    messages.success(request, _("Done.") if changed.is_complete else _("To do again."))
    return back(request, reverse("task-list"))
