"""Collects the texts to translate, and judges whether French is complete (design 8.4)."""

from __future__ import annotations

import io
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

IGNORED = [".venv/*", "var/*", "node_modules/*", "static/*", "tests/*", "benchmarks/*", ".cache/*"]
Key = tuple[str | None, Any]


class Command(BaseCommand):
    help = "Collects texts into locale/fr; with --check changes nothing and fails when a translation is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, exit 1 on a missing translation")

    def handle(self, *args: Any, **options: Any) -> None:
        if shutil.which("xgettext") is None:
            raise CommandError("GNU gettext is needed to collect texts (Debian, Ubuntu: apt install gettext).")
        catalogue = Path(settings.LOCALE_PATHS[0]) / "fr" / "LC_MESSAGES" / "django.po"
        before = catalogue.read_bytes()
        try:
            call_command(
                "makemessages", locale=["fr"], ignore_patterns=IGNORED, no_wrap=True, no_location=True, verbosity=0
            )
            problems = [*untranslated(read(catalogue)), *uncollected(before, read(catalogue))]
        finally:
            if options["check"]:
                catalogue.write_bytes(before)
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(f"{len(problems)} texts without a French translation")
        if problems and options["check"]:
            sys.exit(1)


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="fr")


def untranslated(catalogue: Catalog) -> list[str]:
    """Texts whose translation is empty or only guessed."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.fuzzy or not all(strings):
            found.append(f"{'guessed' if message.fuzzy else 'missing'}: {message.id}")
    return found


def uncollected(before: bytes, after: Catalog) -> list[str]:
    """Texts in the code that the catalogue did not have."""
    known = {key(message) for message in read_po(io.BytesIO(before), locale="fr")}
    return [f"not collected: {message.id}" for message in after if message.id and key(message) not in known]


def key(message: Any) -> Key:
    return message.context, message.id
