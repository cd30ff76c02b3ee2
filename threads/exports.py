"""The tables of threads in an archive."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.rights.sources import register_export
from threads.models import Decision, Message, Thread


def register() -> None:
    """Called once, when the app is ready."""
    register_export(Thread, "threads/threads", _("Threads"))
    register_export(Message, "threads/messages", _("Messages"))
    register_export(Decision, "threads/decisions", _("Decisions"))
