"""How items cross borders (governance/crossings): packed here, and written where they arrive."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from governance.crossings.kinds import Kind, Parcel, register_kind, register_spheres
from governance.crossings.reading import is_borrowed
from governance.errors import BadInput, Conflict
from governance.isolation.lookup import find
from governance.uow import UnitOfWork
from spheres.actions.items import write_item
from spheres.facts import SphereSlug
from spheres.models import LONGEST_TITLE, Item, ItemType, TaskStatus

OF_TASKS = ("priority", "status", "due_on")


def pack_item(pk: UUID, lock: bool) -> Parcel:
    """An item as it crosses: no versions, no DataSpace, nobody it is assigned to."""
    item: Item = find(Item.objects.select_for_update() if lock else Item.objects, pk)
    if item.deleted_at is not None:
        raise Conflict("deleted", _("This is in the trash. Restore it first."))
    if item.type == ItemType.REFERENCE and is_borrowed(item.pk):
        raise BadInput(errors={"object": [_("This refers to something else: take the source itself.")]})
    extra = {name: str(value) for name in OF_TASKS if (value := getattr(item, name))}
    return Parcel("item", item.type, item.title, item.content, item.sphere, extra)


def page_of_item(pk: UUID) -> str:
    return reverse("item-detail", args=[pk])


def write_arrived(uow: UnitOfWork, parcel: Parcel, sphere: str, refers: bool) -> Item:
    """What has crossed, as a new item; a reference keeps no text of its own."""
    title = parcel.title[:LONGEST_TITLE]
    if refers:
        return write_item(uow, sphere=sphere, dataspace=None, type=ItemType.REFERENCE, title=title)
    values: dict[str, Any] = dict(parcel.extra)
    if "due_on" in values:
        values["due_on"] = date.fromisoformat(values["due_on"])
    if values.get("status") == TaskStatus.COMPLETE:
        values["completed_at"] = now()
    return write_item(uow, sphere=sphere, dataspace=None, type=parcel.type, title=title, content=parcel.text, **values)


def register() -> None:
    """Called once, when the app is ready."""
    register_kind(Kind("item", _("Item"), pack_item, page_of_item))
    register_spheres({str(slug): label for slug, label in SphereSlug.choices}, write_arrived)
