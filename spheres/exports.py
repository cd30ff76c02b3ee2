"""The tables of spheres in an archive."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.rights.sources import register_export
from spheres.models import Capture, DataSpace, Item, ItemVersion


def register() -> None:
    """Called once, when the app is ready."""
    register_export(Capture, "spheres/captures", _("Captures"))
    register_export(DataSpace, "spheres/dataspaces", _("DataSpaces"))
    register_export(Item, "spheres/items", _("Notes, tasks, links, documents"))
    register_export(ItemVersion, "spheres/item_versions", _("All their versions"))
