"""The events that governance itself knows: questions that wait for a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.checkpoints.models import Checkpoint
from governance.isolation.lookup import by_id
from governance.webhooks.events import register_event

DECIDED = ("checkpoint.approved", "checkpoint.rejected", "checkpoint.expired")


def register() -> None:
    """Called once, when the app is ready."""
    register_event("checkpoint.created", _("Something waits for an approval"), checkpoint_data)
    register_event(
        "checkpoint.decided", _("It was approved, refused, or its time ran out"), checkpoint_data, kinds=DECIDED
    )


def checkpoint_data(pk: UUID) -> dict[str, Any] | None:
    """That something waits, never what: the preview stays where its approver reads it."""
    row = by_id(Checkpoint, pk)
    if row is None:
        return None
    return {"id": row.pk, "kind": row.kind, "level": row.level, "status": row.status}
