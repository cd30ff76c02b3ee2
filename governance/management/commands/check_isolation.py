"""`manage.py check_isolation`: does the deployed database hold the walls? Exit 1 on a finding."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from governance.isolation.inspect import findings


class Command(BaseCommand):
    help = "Compares the deployed database with the isolation that the models promise."

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings()
        for finding in found:
            self.stderr.write(f"{finding.where}: {finding.what}")
        self.stdout.write(f"{len(found)} findings")
        if found:
            sys.exit(1)
