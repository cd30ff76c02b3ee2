"""The nine spheres as the frame of every page shows them (chenu/shell.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from spheres.facts import SPHERES, Sphere


def card(sphere: Sphere, waiting: Mapping[str, int] | None = None) -> dict[str, Any]:
    """One sphere for the templates: slug, order, name, icon, url, waiting."""
    return {
        "slug": sphere.slug.value,
        "order": sphere.order,
        "name": sphere.name,
        "icon": sphere.icon,
        "url": reverse("sphere-home", args=[sphere]),
        "waiting": bool(waiting and waiting.get(sphere.slug)),
    }


def cards(waiting: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """All nine, in order; `waiting` as today.waiting() answers it."""
    return [card(sphere, waiting) for sphere in SPHERES]
