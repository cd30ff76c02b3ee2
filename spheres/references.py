"""References that came over a border (governance/crossings): nobody writes in them, and they read through."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from governance.crossings.reading import arrived, is_borrowed
from governance.errors import Conflict
from spheres.models import Item, ItemType

OWN = frozenset({"dataspace"})  # where it lies is its own; its words are those of its source


def read_through(item: Item) -> Item:
    """The item with what it refers to in place of its text, when it is a reference; never saved."""
    if item.type == ItemType.REFERENCE and (came := arrived(item.pk)) is not None and came.row.is_reference:
        item.content = came.text or ""
    return item


def refuse_borrowed(item: Item, changes: dict[str, Any]) -> None:
    """Raises Conflict for words written into a reference."""
    if item.type == ItemType.REFERENCE and changes.keys() - OWN and is_borrowed(item.pk):
        raise Conflict("read_only", _("This is a reference: it is changed where it comes from."))
