from __future__ import annotations

from django.apps import AppConfig


class ThreadsConfig(AppConfig):
    name = "threads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threads import tiles
        from threads.actions import decisions, lifecycle, messages  # noqa: F401 (declares the actions)

        tiles.register()
