"""The nine spheres, one sphere, and its sections of recent work, agents and meetings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from spheres import today
from spheres.domains import domains_of
from spheres.facts import SECTION_BY_SLUG, SectionKey, Sphere
from spheres.models import Item
from spheres.search import ITEM_ICONS
from spheres.sections import bureau, section_url, tile
from spheres.views.common import changed_page, show
from spheres.wheel import wheel


@require_safe
def sphere_list(request: HttpRequest) -> HttpResponse:
    """All nine: the wheel, and the list that says the same in words."""
    return show(request, "spheres/list.html", {"slices": wheel(today.activity(), today.waiting())})


@require_safe
def sphere_home(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """The bureau of one sphere: its six sections in its order."""
    tiles = bureau(sphere)
    recent = next(tile["tile"].rows for tile in tiles if tile["section"].key == SectionKey.RESUME)
    context = {
        "tiles": tiles,
        "last": recent[0] if recent else None,
        "domains": domains_of(sphere.slug),
        "data_url": section_url(sphere, SECTION_BY_SLUG["data"]),
    }
    return show(request, "spheres/home.html", context, sphere=sphere)


@require_safe
def sphere_resume(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """What was worked on last, and the tasks that are open."""
    items = Item.objects.alive().filter(sphere=sphere.slug).select_related("dataspace").defer("content")
    page = changed_page(items, request.GET.get("after", ""))
    context = {
        **section_context(sphere, "resume"),
        "page": page,
        "others": [row for row in today.resume(sphere.slug, 20) if not row.url.startswith("/i/")],
        "icons": ITEM_ICONS,
    }
    return show(request, "spheres/resume.html", context, sphere=sphere)


@require_safe
def sphere_section(request: HttpRequest, sphere: Sphere, slug: str) -> HttpResponse:
    """A section that another app fills: its rows, or one honest sentence."""
    context = section_context(sphere, slug)
    context["tile"] = tile(sphere, context["section"], 50)
    return show(request, "spheres/section.html", context, sphere=sphere)


def section_context(sphere: Sphere, slug: str) -> dict[str, Any]:
    """What the head of every section page needs: the section, and the six as tabs."""
    tabs = [{"section": section, "url": section_url(sphere, section)} for section in sphere.sections]
    return {"section": SECTION_BY_SLUG[slug], "tabs": tabs}
