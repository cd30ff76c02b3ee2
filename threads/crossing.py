"""How threads, messages and decisions cross borders (governance/crossings): as what was said, with its authors' names.

Where they arrive they are documents, notes and decisions: nobody has said them there.
"""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.crossings.kinds import LONGEST_TEXT, Kind, Parcel, register_kind
from governance.errors import Conflict
from governance.isolation.lookup import find
from threads.models import LONGEST_TITLE, Decision, Message, Thread

TITLE = 80
MOST_MESSAGES = 1_000


def pack_thread(pk: UUID, lock: bool) -> Parcel:
    """All that was said, in its order; raises Conflict for what is too long for one document."""
    thread: Thread = find(Thread.objects.select_for_update() if lock else Thread.objects, pk)
    said = list(Message.objects.filter(thread=thread).order_by("id")[: MOST_MESSAGES + 1])
    text = "\n\n".join(map(_said, said))
    if len(said) > MOST_MESSAGES or len(text) > LONGEST_TEXT:
        raise Conflict("too_long", _("This thread is too long for one document: take a message or a decision of it."))
    return Parcel("thread", "document", thread.title[:LONGEST_TITLE], text, thread.sphere)


def pack_message(pk: UUID, lock: bool) -> Parcel:
    """What was said, by whom and when. Messages only ever grow in number: there is nothing to lock."""
    row: Message = find(Message.objects.select_related("thread"), pk)
    title = f"{row.author_name}: {' '.join(row.content.split())}"[:TITLE]
    return Parcel("message", "note", title, _said(row), row.thread.sphere)


def pack_decision(pk: UUID, lock: bool) -> Parcel:
    rows = Decision.objects.select_related("thread")
    row: Decision = find(rows.select_for_update(of=("self",)) if lock else rows, pk)
    lines = [row.statement, *(f"- {option}" for option in row.options)]
    return Parcel("decision", "decision", row.statement[:TITLE], "\n".join(lines), row.thread.sphere)


def _said(row: Message) -> str:
    """The same words for every reader: what was approved must still be what crosses."""
    return f"**{row.author_name}** · {row.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC\n\n{row.content}"


def page_of_thread(pk: UUID) -> str:
    return reverse("thread-detail", args=[pk])


def page_of_message(pk: UUID) -> str:
    """The thread it was said in, at this message."""
    thread = Message.objects.filter(pk=pk).values_list("thread_id", flat=True).first()
    return f"{reverse('thread-detail', args=[thread])}?at={pk}#m-{pk}" if thread else ""


def page_of_decision(pk: UUID) -> str:
    thread = Decision.objects.filter(pk=pk).values_list("thread_id", flat=True).first()
    return reverse("thread-decisions", args=[thread]) if thread else ""


def register() -> None:
    """Called once, when the app is ready."""
    register_kind(Kind("thread", _("Thread"), pack_thread, page_of_thread))
    register_kind(Kind("message", _("Message"), pack_message, page_of_message))
    register_kind(Kind("decision", _("Decision"), pack_decision, page_of_decision))
