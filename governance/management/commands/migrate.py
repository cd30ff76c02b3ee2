"""Django's `migrate`, as the owner of the tables, followed by the walls made from the models."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate

from governance.isolation import catalogue
from governance.isolation.roles import as_owner


class Command(migrate.Command):
    help = "Brings the database up to date and installs the isolation (policies, grants, triggers, keys)."

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            super().handle(*args, **options)
            call_command("createcachetable", verbosity=0)
            catalogue.install()
