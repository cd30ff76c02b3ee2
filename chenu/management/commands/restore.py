"""`manage.py restore FILE`: brings a backup back into an installation that holds nothing yet, and proves it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError

from chenu.backup import archive, database
from chenu.backup.sealed import BackupProblem
from chenu.launch.errors import LaunchError


class Command(BaseCommand):
    help = "Restores a backup into a new installation, counts every table and verifies every audit chain."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database.unused():
                manifest = archive.bring_back(options["file"])
                whole = self._judge(manifest)
        except (BackupProblem, LaunchError, OperationalError, OSError) as problem:
            self.stderr.write(f"CHE·NU restored nothing: {database.first_line(problem)}")
            sys.exit(1)
        if not whole:
            sys.exit(1)
        self.stdout.write(f"restored the backup of {manifest['made_at']}; start CHE·NU with `make run`")

    def _judge(self, manifest: dict[str, Any]) -> bool:
        """The same rows in every table, and every chain intact (that verification exits with 1 by itself)."""
        found, promised = database.rows(), manifest["rows"]
        for table in sorted(name for name in {*found, *promised} if found.get(name) != promised.get(name)):
            self.stderr.write(f"{table} has {found.get(table)} rows instead of {promised.get(table)}")
        self.stdout.write(f"{sum(found.values())} rows in {len(found)} tables; the backup had {sum(promised.values())}")
        call_command("audit", "verify", "--payloads", stdout=self.stdout)
        return bool(found == promised)
