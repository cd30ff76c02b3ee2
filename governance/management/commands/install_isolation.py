"""Installs the isolation anew; harmless to repeat."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from governance.isolation import catalogue
from governance.isolation.roles import as_owner


class Command(BaseCommand):
    help = "Installs policies, grants, triggers, composite keys and SQL functions from the models."

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            catalogue.install()
