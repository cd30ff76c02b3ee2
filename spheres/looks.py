"""What staff may look at through the glass."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.staff.looks import register_look
from spheres.models import Capture, Item


def register() -> None:
    """Called once, when the app is ready."""
    register_look(
        Capture, "captures", _("Captures"),
        "created_at", "content", "type", "sphere", "status", "routed_type", "routed_id", "person",
    )  # fmt: skip
    register_look(
        Item, "items", _("Notes, tasks, links, documents"),
        "created_at", "title", "content", "type", "sphere", "status", "due_on", "version", "changed_at", "deleted_at",
    )  # fmt: skip
