"""An e-mail as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from governance.outbox.models import OutboundMail


class MailOut(BaseModel):
    id: UUID
    to: list[str]
    subject: str
    body: str
    status: str
    created_at: datetime
    sent_at: datetime | None


def mail_out(row: OutboundMail) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in MailOut.model_fields}
    return MailOut(**fields).model_dump(mode="json")
