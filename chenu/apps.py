from __future__ import annotations

from django.apps import AppConfig


class ChenuConfig(AppConfig):
    name = "chenu"
    default_auto_field = "django.db.models.BigAutoField"
