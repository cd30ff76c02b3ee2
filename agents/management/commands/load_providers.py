"""`manage.py load_providers`: providers, models and prices as they ship."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from agents.llm.registry.loads import load_shipped


class Command(BaseCommand):
    help = "Loads the providers, models and prices that ship; harmless to repeat, and staff's own edits stay."

    def handle(self, *args: Any, **options: Any) -> None:
        said = load_shipped()
        for line in said:
            self.stdout.write(line)
        if not said:
            self.stdout.write("Nothing to change.")
