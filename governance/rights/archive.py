"""Writing an archive: parts first, then one ZIP. A worker that dies leaves parts another one goes on from."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings

from governance.audit import replay_export, verify_export
from governance.audit.filters import AuditFilter
from governance.audit.signing import keys
from governance.audit.signing.outside import RecordProblem
from governance.audit.signing.taking import sign_heads
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.outbox.models import OutboundMail
from governance.perform import perform
from governance.rights import places
from governance.rights.log_parts import count_log, write_log_parts
from governance.rights.models import DataExport
from governance.rights.parts import count_rows, write_parts
from governance.rights.policies import may_export
from governance.rights.readme import NAMES, read_me, read_me_log
from governance.uow import unit_of_work

FORMAT = 1
logger = logging.getLogger(__name__)
TOLD_EVERY = 0.5  # seconds
BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """A finished archive file."""

    bytes: int
    sha256: str


def make_archive(export_id: UUID) -> None:
    """Writes the archive the bound person asked for; harmless to repeat at any point."""
    with reading():
        row = find(DataExport.objects, export_id)
    parts = places.parts_of(row.identity_id, row.pk)
    if row.is_under_way:
        if not may_export(current()):
            raise NotAllowed()
        _sign_log()
        if row.is_log:
            asked = AuditFilter.model_validate(row.narrowed)
            progress = Progress(row.pk, count_log(asked))
            write_log_parts(parts, asked, progress.add)
        else:
            progress = Progress(row.pk, count_rows())
            write_parts(parts, progress.add)
        progress.tell()
        written = write_zip(row, parts)
        perform("governance.export.finish", {"export": row.pk, "bytes": written.bytes, "sha256": written.sha256})
    shutil.rmtree(parts, ignore_errors=True)


class Progress:
    """How far an archive has come, told to its row and to open pages twice a second at most."""

    def __init__(self, export_id: UUID, total: int) -> None:
        self.export_id, self.total, self.done = export_id, total, 0
        self.tell()

    def add(self, rows: int) -> None:
        self.done = min(self.done + rows, self.total)
        if time.monotonic() - self._told >= TOLD_EVERY:
            self.tell()

    def tell(self) -> None:
        with unit_of_work() as uow:
            DataExport.objects.under_way().filter(pk=self.export_id).update(
                state=DataExport.State.WRITING, rows_done=self.done, rows_total=self.total
            )
            uow.announce("export.progress", self.export_id, done=self.done, total=self.total)
        self._told = time.monotonic()


def write_zip(row: DataExport, parts: Path) -> Written:
    """Puts everything into one file with its manifest."""
    target = places.archive_of(row.identity_id, row.pk)
    files: dict[str, dict[str, Any]] = {}
    with places.whole(target) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in (*_parts(parts), *([] if row.is_log else _brought(row.identity_id))):
                files[name] = _copy(archive, name, path)
            for name, text in _texts(row):
                archive.writestr(name, text)
                files[name] = _facts(hashlib.sha256(text.encode()).hexdigest(), len(text.encode()))
            manifest = json.dumps(_manifest(row, files), indent=1).encode()
            archive.writestr(verify_export.MANIFEST, manifest)
            archive.writestr(verify_export.SIGNATURE, _signature(manifest))
        file.flush()
        return Written(file.tell(), _digest(file))


def _sign_log() -> None:
    """The archive's log is signed to its end. A key or record that is not right takes nobody's archive from them."""
    try:
        sign_heads()
    except (keys.KeyProblem, RecordProblem) as problem:
        logger.error("an archive goes out without its last signature: %s", problem)


def _public_keys() -> str:
    try:
        return json.dumps([part.hex() for part in keys.known().values()])
    except keys.KeyProblem:
        return "[]"


def _signature(manifest: bytes) -> str:
    """Who made this manifest: the key that signs the log; an empty object without it."""
    try:
        key = keys.load()
    except keys.KeyProblem:
        return "{}"
    sealed = key.sign(verify_export.EXPORT + hashlib.sha256(manifest).digest())
    return json.dumps({"key": keys.fingerprint(keys.public_part(key)), "sig": sealed.hex()})


def _texts(row: DataExport) -> Iterator[tuple[str, str]]:
    yield "audit/keys.json", _public_keys()
    yield "verify.py", Path(verify_export.__file__).read_text()
    yield "replay.py", Path(replay_export.__file__).read_text()
    for language, name in NAMES.items():
        yield name, read_me_log(language) if row.is_log else read_me(language)


def _parts(parts: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, file) of what was written for it."""
    for path in sorted(parts.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(parts).as_posix(), path


def _brought(identity_id: UUID) -> Iterator[tuple[str, Path]]:
    """The same of the identity's e-mails and files."""
    with reading():
        mine = set(OutboundMail.objects.values_list("message_id", flat=True))
    for mail in places.mail_files():
        if mail.message_id in mine:
            yield f"outbox/{mail.path.name}", mail.path
    for folder in places.file_folders(identity_id):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{folder.parent.name}/{path.relative_to(folder).as_posix()}", path


def _copy(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while block := source.read(BLOCK):
            digest.update(block)
            size += len(block)
            target.write(block)
    return _facts(digest.hexdigest(), size)


def _facts(sha256: str, size: int) -> dict[str, Any]:
    return {"sha256": sha256, "bytes": size}


def _manifest(row: DataExport, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "release": settings.RELEASE,
        "export": str(row.pk),
        "identity": str(row.identity_id),
        "asked_by": str(row.person_id),
        "holds": row.kind,
        "narrowed": row.narrowed,
        "files": files,
    }


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
