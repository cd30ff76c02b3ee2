"""Search, and the trash."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from spheres.facts import SPHERE_BY_SLUG, SPHERES
from spheres.models import DataSpace, Item
from spheres.paging import place_of, write_place
from spheres.search import Found, Question, kinds, search
from spheres.views.common import Page, show

LONGEST_QUERY = 200
RESULTS = 20
MOST_IN_TRASH = 100


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """`?q=`, of all spheres or one, of all kinds or one."""
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST_QUERY]
    sphere = request.GET.get("sphere", "") if request.GET.get("sphere", "") in SPHERE_BY_SLUG else ""
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in kinds() else ""
    question = Question(words, sphere, RESULTS + 1, place_of(request.GET.get("after", "")))
    found: list[Found] = search(question, kind) if words else []
    after = write_place(found[RESULTS - 1].place) if len(found) > RESULTS else ""
    context = {"words": words, "chosen": sphere, "spheres": SPHERES, "page": Page(found[:RESULTS], after)}
    return show(request, "spheres/search.html", context)


@require_safe
def trash(request: HttpRequest) -> HttpResponse:
    """What was deleted in the last 30 days; what was deleted with its DataSpace comes back with it."""
    spaces = DataSpace.objects.in_trash().order_by("-deleted_at", "-id")[:MOST_IN_TRASH]
    items = Item.objects.in_trash().defer("content").order_by("-deleted_at", "-id")[:MOST_IN_TRASH]
    return show(request, "spheres/trash.html", {"spaces": list(spaces), "items": list(items)})
