"""Without SMTP each e-mail is one file in the outbox folder, readable by any mail program."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from uuid_utils.compat import uuid7

# On e-mails that name identities: their ids, so that the file goes with each of them.
NAMES_IDENTITIES = "X-CHENU-Identities"


class FileBackend(BaseEmailBackend):
    """Writes `<outbox>/<time>-<id>.eml`, whole or not at all (written aside, then renamed)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.OUTBOX_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{uuid7()}.eml"
            draft = folder / f".{name}"
            with draft.open("wb") as file:
                file.write(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
                file.flush()
                os.fsync(file.fileno())
            draft.rename(folder / name)
        return len(email_messages)
