from __future__ import annotations

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from agents.pipeline import (
            actions,  # noqa: F401 (declares the actions)
            knowing,
            tiles,
        )

        knowing.register()
        tiles.register()
