"""What this app shows in the sections capture, resume and data, on home, and how it counts."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from spheres.facts import SPHERE_BY_SLUG, SectionKey, Sphere
from spheres.models import Capture, DataSpace, Item
from spheres.querysets import MOST_COUNTED
from spheres.search import ITEM_ICONS
from spheres.sections import Row, Tile, figure, register_section
from spheres.today import Resumable, register_activity, register_resume, resume

SPACE_ICONS = {
    "property": "building-2",
    "building": "building-2",
    "client": "briefcase",
    "meeting": "calendar-clock",
    "document": "file-text",
    "creative_asset": "palette",
    "construction_site": "hammer",
    "architectural_plan": "layers",
    "finance_model": "chart-line",
    "personal_life": "house",
}


def capture_tile(sphere: Sphere, most: int) -> Tile:
    waiting = Capture.objects.waiting().filter(sphere=sphere.slug)
    count = waiting.capped()
    address = reverse("sphere-capture", args=[sphere])
    return Tile(
        rows=[
            Row(capture.content, f"{address}#capture-{capture.pk}", capture.get_type_display(), at=capture.created_at)
            for capture in waiting.newest_first()[:most]
        ],
        count=count,
        counted=ngettext("%(n)s to file", "%(n)s to file", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("Nothing to file. Write a thought down before it is gone."),
        action=pgettext_lazy("verb", "Capture"),
    )


def resume_tile(sphere: Sphere, most: int) -> Tile:
    rows = resume(sphere.slug, most)
    count = Item.objects.open_tasks().filter(sphere=sphere.slug).capped()
    return Tile(
        rows=[Row(row.title, row.url, row.meta, row.icon, at=row.at) for row in rows],
        count=count,
        counted=ngettext("%(n)s open task", "%(n)s open tasks", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("You have not worked on anything here yet."),
        action=gettext_lazy("All recent work"),
    )


def data_tile(sphere: Sphere, most: int) -> Tile:
    spaces = DataSpace.objects.active().filter(sphere=sphere.slug)
    count = spaces.capped()
    return Tile(
        rows=[
            Row(
                space.name,
                reverse("dataspace-detail", args=[space.pk]),
                space.get_type_display(),
                SPACE_ICONS.get(space.type, "folder"),
            )
            for space in spaces.newest_first()[:most]
        ],
        count=count,
        counted=ngettext("%(n)s DataSpace", "%(n)s DataSpaces", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("No DataSpace yet: a place for everything about one matter."),
        action=gettext_lazy("Data & files"),
    )


def resumable_items(sphere: str, most: int) -> list[Resumable]:
    """The items changed last."""
    rows = Item.objects.last_changed().in_sphere(sphere).select_related("dataspace").defer("content")[:most]
    return [
        Resumable(
            title=item.title,
            meta=_("%(kind)s, %(place)s")
            % {
                "kind": item.get_type_display(),
                "place": item.dataspace.name if item.dataspace else SPHERE_BY_SLUG[item.sphere].name,
            },
            url=reverse("item-detail", args=[item.pk]),
            sphere_slug=item.sphere,
            icon=ITEM_ICONS[item.type],
            at=item.changed_at,
        )
        for item in rows
    ]


def new_items(since: datetime) -> dict[str, int]:
    """Items changed and captures made since then, by sphere; one query, each count capped."""
    parts = [
        rows.filter(sphere=slug).order_by().values_list("sphere", flat=True)[:MOST_COUNTED]
        for rows in (Item.objects.alive().filter(changed_at__gte=since), Capture.objects.filter(created_at__gte=since))
        for slug in SPHERE_BY_SLUG
    ]
    found = Counter(parts[0].union(*parts[1:], all=True))
    return {slug: min(count, MOST_COUNTED) for slug, count in found.items()}


def register() -> None:
    """Called once, when the app is ready."""
    register_section(SectionKey.CAPTURE, capture_tile)
    register_section(SectionKey.RESUME, resume_tile)
    register_section(SectionKey.DATA, data_tile)
    register_resume(resumable_items)
    register_activity(new_items)
