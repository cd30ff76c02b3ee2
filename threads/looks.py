"""What staff may look at through the glass."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.staff.looks import register_look
from threads.models import Decision, Message, Thread


def register() -> None:
    """Called once, when the app is ready."""
    register_look(
        Thread, "threads", _("Threads"),
        "created_at", "title", "sphere", "type", "status", "tokens_used", "token_budget", "created_by",
        "last_activity_at",
    )  # fmt: skip
    register_look(
        Message, "messages", _("Messages"),
        "created_at", "author_kind", "author_name", "content", "kind", "thread_id", "run_id",
    )  # fmt: skip
    register_look(
        Decision, "decisions", _("Decisions"),
        "created_at", "statement", "type", "status", "proposed_by_name", "adopted_by_name", "adopted_at", "thread_id",
    )  # fmt: skip
