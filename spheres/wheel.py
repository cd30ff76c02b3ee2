"""The geometry of the nine-sphere wheel: an SVG of links, drawn from numbers (design C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin

from django.urls import reverse

from spheres.facts import SPHERES, Sphere
from spheres.sections import figure

CENTRE = 170
OUTER, INNER, RING, ICON_RADIUS, ICON = 138, 62, 140, 104, 22
HALF_ANGLE = 18.75  # of the 40° each sphere has: the rest is the gap
THINNEST, THICKEST = 4.5, 16.5
EDGE_GAP = 6


@dataclass(frozen=True, slots=True)
class Slice:
    """One sphere of the wheel: path data, the icon's corner, and what is new and waiting there."""

    sphere: Sphere
    url: str
    segment: str
    ring: str
    edge: str
    icon_x: str
    icon_y: str
    fresh: int
    waiting: int

    @property
    def fresh_figure(self) -> str:
        return figure(self.fresh)


def _point(radius: float, degrees: float) -> str:
    """A point of the wheel; 0° is the top, clockwise."""
    angle = radians(degrees)
    return f"{CENTRE + radius * sin(angle):.1f} {CENTRE - radius * cos(angle):.1f}"


def _band(outer: float, inner: float, middle: float) -> str:
    """The path of a piece of a ring."""
    start, end = middle - HALF_ANGLE, middle + HALF_ANGLE
    return (
        f"M{_point(outer, start)}A{outer:.1f} {outer:.1f} 0 0 1 {_point(outer, end)}"
        f"L{_point(inner, end)}A{inner:.1f} {inner:.1f} 0 0 0 {_point(inner, start)}Z"
    )


def _arc(radius: float, middle: float) -> str:
    start, end = _point(radius, middle - HALF_ANGLE), _point(radius, middle + HALF_ANGLE)
    return f"M{start}A{radius:.1f} {radius:.1f} 0 0 1 {end}"


def wheel(fresh: Mapping[str, int], waiting: Mapping[str, int]) -> list[Slice]:
    """The nine slices clockwise from the top; the ring's thickness is the week's activity."""
    busiest = max([*fresh.values(), 1])
    slices = []
    for sphere in SPHERES:
        middle = 40 * (sphere.order - 1)
        share = fresh.get(sphere.slug, 0) / busiest
        rim = RING + THINNEST + share * (THICKEST - THINNEST)
        icon_x, icon_y = (float(place) - ICON / 2 for place in _point(ICON_RADIUS, middle).split())
        slices.append(
            Slice(
                sphere=sphere,
                url=reverse("sphere-home", args=[sphere]),
                segment=_band(OUTER, INNER, middle),
                ring=_band(rim, RING, middle),
                edge=_arc(rim + EDGE_GAP, middle) if waiting.get(sphere.slug) else "",
                icon_x=f"{icon_x:.1f}",
                icon_y=f"{icon_y:.1f}",
                fresh=fresh.get(sphere.slug, 0),
                waiting=waiting.get(sphere.slug, 0),
            )
        )
    return slices
