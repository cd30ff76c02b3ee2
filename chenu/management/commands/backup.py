"""`manage.py backup [FILE]`: everything an installation keeps, in one sealed file (design 2.7)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError

from chenu.backup import archive, database
from chenu.backup.sealed import BackupProblem
from chenu.launch.errors import LaunchError


class Command(BaseCommand):
    help = "Backs up database and files into one file, sealed under the master key; CHE·NU may be running."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to; by default in the data folder's backups/")

    def handle(self, *args: Any, **options: Any) -> None:
        name = f"chenu-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup"
        target = options["file"] or settings.DATA_DIR / "backups" / name
        try:
            with database.reachable():
                manifest = archive.make(target)
        except (BackupProblem, LaunchError, OperationalError, OSError) as problem:
            self.stderr.write(f"CHE·NU made no backup: {database.first_line(problem)}")
            sys.exit(1)
        rows = sum(manifest["rows"].values())
        self.stdout.write(f"{target}: {rows} rows, {target.stat().st_size} bytes")
        self.stdout.write(
            f"Keep the keys of {settings.KEYS_DIR} in another place: without the master key nobody, "
            "you included, can open this file."
        )
