from __future__ import annotations

from django.apps import AppConfig


class SpheresConfig(AppConfig):
    name = "spheres"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from spheres import crossing, events, exports, looks, remembering, search, tiles
        from spheres.actions import captures, dataspaces, examples, items, tasks  # noqa: F401 (declare the actions)
        from spheres.actions import search as _search  # noqa: F401

        search.register_source("item", search.find_items)
        search.register_source("capture", search.find_captures)
        search.register_source("dataspace", search.find_dataspaces)
        crossing.register()
        events.register()
        exports.register()
        looks.register()
        remembering.register()
        tiles.register()
