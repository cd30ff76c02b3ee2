"""The archive: manifest, dump and files in one sealed tar. The keys are never in it."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from chenu.backup import database
from chenu.backup.sealed import BackupProblem, SealedReader, SealedWriter

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.sql"
# What the data folder keeps besides the database: keys stay apart, logs and static files are made anew.
FOLDERS = ("outbox", "files")


def make(target: Path) -> dict[str, Any]:
    """Writes the backup to `target`, which appears only when it is whole; returns its manifest."""
    if target.exists():
        raise BackupProblem(f"{target} exists already")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch, _private(draft) as file:
            dump = Path(scratch) / DUMP
            manifest = {"format": FORMAT, "made_at": _now(), "release": settings.RELEASE, **database.dump(dump)}
            with SealedWriter(file, settings.MASTER_KEY) as sealed, tarfile.open(fileobj=sealed, mode="w|gz") as tar:
                _add_text(tar, MANIFEST, json.dumps(manifest))
                tar.add(dump, DUMP)
                for folder in FOLDERS:
                    if (settings.DATA_DIR / folder).is_dir():
                        tar.add(settings.DATA_DIR / folder, folder)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def bring_back(source: Path) -> dict[str, Any]:
    """Restores database and files from `source` into an installation that holds nothing; returns the manifest."""
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as scratch:
        manifest = _unpack(source, Path(scratch))
        if newer := database.unknown_migrations(manifest["migrations"]):
            raise BackupProblem(f"the backup was made by a newer CHE·NU (it knows {newer[0]})")
        database.load(Path(scratch) / DUMP)
        for folder in FOLDERS:
            if (unpacked := Path(scratch) / folder).is_dir():
                _move_into_place(unpacked, settings.DATA_DIR / folder)
    return manifest


def _unpack(source: Path, scratch: Path) -> dict[str, Any]:
    try:
        with source.open("rb") as file, _tar(SealedReader(file, settings.MASTER_KEY)) as tar:
            tar.extractall(scratch, filter="data")
        manifest: dict[str, Any] = json.loads((scratch / MANIFEST).read_text())
    except FileNotFoundError as error:
        raise BackupProblem(f"{error.filename} does not exist") from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupProblem("the backup cannot be read") from error
    if manifest.get("format") != FORMAT:
        raise BackupProblem(f"this program does not read backups of format {manifest.get('format')}")
    return manifest


def _tar(reader: SealedReader) -> tarfile.TarFile:
    return tarfile.open(fileobj=reader, mode="r|gz")


def _move_into_place(unpacked: Path, place: Path) -> None:
    for path in unpacked.rglob("*"):
        if path.is_file():
            target = place / path.relative_to(unpacked)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.replace(path, target)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    tar.addfile(entry, io.BytesIO(text.encode()))


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    """A new file for its owner only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
