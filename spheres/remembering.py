"""DataSpaces as places of memory: what lasts lives in one (design 3.7)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.isolation.lookup import find
from governance.memory.models import DATASPACE
from governance.memory.places import Place, PlaceKind, register_place, register_spheres
from spheres.actions.fields import closed
from spheres.facts import SPHERE_BY_SLUG
from spheres.models import DataSpace, DataSpaceStatus

MOST_OFFERED = 100


def place_of(space: DataSpace) -> Place:
    return Place(DATASPACE, space.pk, space.name, space.sphere, reverse("dataspace-detail", args=[space.pk]))


def opened(pk: UUID) -> Place:
    """The DataSpace, locked against archiving, if something can be put in it; refused as there."""
    space: DataSpace = find(DataSpace.objects.select_for_update(), pk)
    if space.status != DataSpaceStatus.ACTIVE:
        raise closed()
    return place_of(space)


def named(pks: set[UUID]) -> dict[UUID, Place]:
    """Those that are not in the trash; an archived one is read, so what it holds is still recalled."""
    return {space.pk: place_of(space) for space in DataSpace.objects.visible().filter(pk__in=pks)}


def offered() -> list[Place]:
    return [place_of(space) for space in DataSpace.objects.active().order_by("name", "id")[:MOST_OFFERED]]


def register() -> None:
    """Called once, when the app is ready."""
    register_place(DATASPACE, PlaceKind(_("DataSpace"), opened, named, offered))
    register_spheres({slug: _name_of(slug) for slug in SPHERE_BY_SLUG})


def _name_of(slug: str) -> Callable[[], str]:
    return lambda: str(SPHERE_BY_SLUG[slug].name)
