"""Archives as the worker makes them, and as anybody reads them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from governance.isolation.context import Channel
from governance.perform import perform
from governance.rights.archive import make_archive
from governance.rights.models import DataExport
from governance.rights.places import archive_of
from tests.cast import Person


def requested(person: Person, identity: Any = None) -> DataExport:
    with person.acting(identity):
        return perform("governance.export.request", {})


def written(person: Person, row: DataExport, identity: Any = None) -> DataExport:
    """The worker writes it; the row as it is then."""
    with person.acting(identity, channel=Channel.TASK):
        make_archive(row.pk)
    return again(person, row, identity)


def again(person: Person, row: DataExport, identity: Any = None) -> DataExport:
    with person.looking(identity):
        return DataExport.objects.get(pk=row.pk)


def exported(person: Person, identity: Any = None) -> DataExport:
    return written(person, requested(person, identity), identity)


def file_of(row: DataExport) -> Path:
    return archive_of(row.identity_id, row.pk)


class Opened:
    """An archive in somebody's hands: nothing of the program is used to read it."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.zip = zipfile.ZipFile(io.BytesIO(raw))

    def names(self) -> set[str]:
        return set(self.zip.namelist())

    def text(self, name: str) -> str:
        return self.zip.read(name).decode()

    def json(self, name: str) -> Any:
        return json.loads(self.zip.read(name))

    def all_text(self) -> str:
        return "\n".join(self.zip.read(name).decode(errors="replace") for name in self.zip.namelist())

    def verify(self, folder: Path) -> tuple[int, str]:
        """What the archive's own verify.py says, run by a bare Python in an empty environment."""
        self.zip.extractall(folder)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True, env={}, check=False
        )
        return done.returncode, done.stdout + done.stderr


def opened(row: DataExport) -> Opened:
    return Opened(file_of(row).read_bytes())
