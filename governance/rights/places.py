"""Where an identity's files lie in the data folder; each identity has folders of its own."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings

from governance.outbox.backend import NAMES_IDENTITIES

FILE_FOLDERS = ("files", "media")


def exports_of(identity_id: UUID) -> Path:
    """The archives of an identity, and the parts of one that is being written."""
    return Path(settings.EXPORTS_DIR) / str(identity_id)


def archive_of(identity_id: UUID, export_id: UUID) -> Path:
    return exports_of(identity_id) / f"{export_id}.zip"


def parts_of(identity_id: UUID, export_id: UUID) -> Path:
    return exports_of(identity_id) / f"{export_id}.parts"


def file_folders(identity_id: UUID) -> list[Path]:
    """What people brought along, as far as there is any."""
    folders = [Path(settings.DATA_DIR) / name / str(identity_id) for name in FILE_FOLDERS]
    return [folder for folder in folders if folder.is_dir()]


@dataclass(frozen=True, slots=True)
class MailFile:
    """An e-mail in the outbox folder; `names` are the ids of the identities that it names."""

    path: Path
    message_id: str
    to: str
    names: frozenset[str]


def mail_files() -> Iterator[MailFile]:
    """Every e-mail in the outbox folder, in order of time."""
    for path in sorted(Path(settings.OUTBOX_DIR).glob("*.eml")):
        try:
            with path.open("rb") as file:
                headers = BytesHeaderParser().parse(file)
        except FileNotFoundError:
            continue
        names = frozenset(str(headers.get(NAMES_IDENTITIES, "")).replace(",", " ").split())
        yield MailFile(path, str(headers.get("Message-ID", "")).strip(), str(headers.get("To", "")), names)


def remove_files(identity_id: UUID, message_ids: set[str]) -> None:
    """Takes away all files of an identity, its e-mails in the outbox and those that name it; harmless to repeat."""
    for folder in (exports_of(identity_id), *file_folders(identity_id)):
        shutil.rmtree(folder, ignore_errors=True)
    for mail in mail_files():
        if mail.message_id in message_ids or str(identity_id) in mail.names:
            mail.path.unlink(missing_ok=True)


def make_private(folder: Path) -> None:
    """Makes the folder and what is missing above it; nobody else may look into any of them."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file only its owner may read, which appears under its name only when it is whole and on disk."""
    make_private(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
