from __future__ import annotations

from django.apps import AppConfig


class ImmobilierConfig(AppConfig):
    name = "immobilier"
    default_auto_field = "django.db.models.BigAutoField"
