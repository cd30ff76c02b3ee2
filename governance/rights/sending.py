"""An archive on its way to the person who asked for it: read in pieces, never held whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from governance.rights.models import DataExport
from governance.rights.places import archive_of

PIECE = 256 * 1024


def sent(row: DataExport) -> StreamingHttpResponse:
    """The answer that carries the file; the file is open from here on, so a sweep cannot cut it."""
    path = archive_of(row.identity_id, row.pk)
    file = path.open("rb")
    response = StreamingHttpResponse(_pieces(file), content_type="application/zip")
    response["Content-Length"] = path.stat().st_size
    name = f"chenu-{'log-' if row.is_log else ''}{row.created_at:%Y-%m-%d}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name)  # type: ignore[assignment]
    response["Cache-Control"] = "no-store"
    return response


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
