"""`manage.py up` as `manage.py help` knows it; `manage.py` itself starts without Django (chenu/starting.py)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from chenu import starting


class Command(BaseCommand):
    help = "Starts CHE·NU: database, migrations, reference data, web and worker. Ctrl-C stops everything."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        starting.start()
