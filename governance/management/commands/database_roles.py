"""Prints the SQL that makes the three roles on a server where CHE·NU may not create them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from governance.isolation.roles import role_statements


class Command(BaseCommand):
    help = "Prints the SQL of the three database roles, to be run once by the server's administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        for statement in role_statements(connection.settings_dict["NAME"]):
            self.stdout.write(statement.as_string() + ";")
