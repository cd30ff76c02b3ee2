"""The lists of threads: across all spheres, and of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from governance.access.rest import validated
from governance.isolation.context import reading
from spheres.facts import SPHERE_BY_SLUG, SPHERES, Sphere
from spheres.views.bureau import section_context
from spheres.views.common import performed, show
from threads.filters import ThreadFilter, cursor_of, page_of, place_of
from threads.forms import NewThreadForm
from threads.models import Thread

THREADS_ON_A_PAGE = 25
SHOWN = (
    ("", _("All but archived")),
    *((status, Thread.Status(status).label) for status in ("active", "resolved", "archived")),
)


@require_http_methods(["GET", "HEAD", "POST"])
def thread_list(request: HttpRequest) -> HttpResponse:
    """All threads of the identity, the most recently active first; a new one is started here too."""
    return list_or_start(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def sphere_threads(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """The threads of one sphere."""
    return list_or_start(request, sphere)


def list_or_start(request: HttpRequest, sphere: Sphere | None) -> HttpResponse:
    slug = sphere.slug.value if sphere else ""
    form = NewThreadForm(request.POST if request.method == "POST" else None, sphere=slug)
    if request.method == "POST" and form.is_valid():
        given = {"sphere": slug} if sphere else {}
        thread = performed(form, "threads.thread.create", {**form.cleaned_data, **given})
        if thread is not None:
            return redirect("thread-detail", thread=thread.pk)
    with reading():
        context = listed(request, sphere) | {"form": form}
    template = "threads/sphere.html" if sphere else "threads/list.html"
    return show(request, template, context, sphere=sphere, status=400 if form.errors else 200)


def listed(request: HttpRequest, sphere: Sphere | None) -> dict[str, Any]:
    """The rows of one page, the conditions they fulfil and the way to older ones."""
    asked = conditions(request, sphere)
    rows = asked.apply(Thread.objects.with_last_decision().recent_first())
    rows = rows if asked.status else rows.kept()
    if before := request.GET.get("before"):
        rows = rows.older_than(*place_of(before))
    threads, more = page_of(rows, THREADS_ON_A_PAGE)
    for thread in threads:
        thread.sphere_facts = SPHERE_BY_SLUG[thread.sphere]
    kept = asked.model_copy(update={"sphere": None}) if sphere else asked
    return {
        "threads": threads,
        "asked": asked,
        "choices": [{"label": label, "url": address(kept, status=value)} for value, label in SHOWN],
        "shown": address(kept, status=asked.status or ""),
        "older": address(kept, before=cursor_of(threads[-1])) if more else "",
        "spheres": SPHERES,
        **(section_context(sphere, "threads") if sphere else {}),
    }


def conditions(request: HttpRequest, sphere: Sphere | None) -> ThreadFilter:
    """The conditions named in the address; raises BadInput for a status or sphere that does not exist."""
    given = {name: request.GET[name] for name in ThreadFilter.model_fields if request.GET.get(name)}
    return validated(ThreadFilter, given | ({"sphere": sphere.slug} if sphere else {}))


def address(asked: ThreadFilter, **changes: str) -> str:
    """The query string of the same list with other conditions."""
    query = QueryDict(mutable=True)
    values = {name: str(value) for name, value in asked if value} | changes
    query.update({name: value for name, value in values.items() if value})
    return f"?{query.urlencode()}"
