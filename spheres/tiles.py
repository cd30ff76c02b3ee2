"""What this app shows in the sections capture, resume and data, on home, and how it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from spheres.facts import SPHERE_BY_SLUG, SectionKey, Sphere
from spheres.models import Capture, DataSpace, Item, ItemType
from spheres.search import ITEM_ICONS
from spheres.sections import Row, Tile, figure, register_section
from spheres.today import Changed, Resumable, ResumeSource, register_activity, register_resume, resume

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
    waiting, count = Capture.objects.waiting().filter(sphere=sphere.slug).newest_first().first_counted(most)
    address = reverse("sphere-capture", args=[sphere])
    return Tile(
        rows=[
            Row(capture.content, f"{address}#capture-{capture.pk}", capture.get_type_display(), at=capture.created_at)
            for capture in waiting
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
    spaces, count = DataSpace.objects.active().filter(sphere=sphere.slug).newest_first().first_counted(most)
    return Tile(
        rows=[
            Row(
                space.name,
                reverse("dataspace-detail", args=[space.pk]),
                space.get_type_display(),
                SPACE_ICONS.get(space.type, "folder"),
            )
            for space in spaces
        ],
        count=count,
        counted=ngettext("%(n)s DataSpace", "%(n)s DataSpaces", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("No DataSpace yet: a place for everything about one matter."),
        action=gettext_lazy("Data & files"),
    )


def last_items(sphere: str) -> Any:
    """The items changed last."""
    return Item.objects.last_changed().in_sphere(sphere)


def resumable_item(row: Changed) -> Resumable:
    kind, place = ItemType(row.type).label, row.place or SPHERE_BY_SLUG[row.sphere].name
    return Resumable(
        title=row.title,
        meta=_("%(kind)s, %(place)s") % {"kind": kind, "place": place},
        url=reverse("item-detail", args=[row.id]),
        sphere_slug=row.sphere,
        icon=ITEM_ICONS[row.type],
        at=row.at,
    )


def changed_items(since: datetime) -> Any:
    return Item.objects.alive().filter(changed_at__gte=since)


def new_captures(since: datetime) -> Any:
    return Capture.objects.filter(created_at__gte=since)


def register() -> None:
    """Called once, when the app is ready."""
    register_section(SectionKey.CAPTURE, capture_tile)
    register_section(SectionKey.RESUME, resume_tile)
    register_section(SectionKey.DATA, data_tile)
    register_resume(ResumeSource(last_items, "changed_at", resumable_item, place=F("dataspace__name")))
    register_activity(changed_items)
    register_activity(new_captures)
