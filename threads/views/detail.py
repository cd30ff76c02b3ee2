"""One thread: what was said, what was decided, what it may still spend."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance.isolation.context import current
from governance.isolation.lookup import find
from governance.people.policies import may_write
from spheres.facts import SPHERE_BY_SLUG
from spheres.views.common import show
from threads import slots
from threads.filters import id_of, page_of
from threads.forms import MessageForm, RenameForm
from threads.models import Decision, Message, Thread

MESSAGES_ON_A_PAGE = 50
MOST_NEW_MESSAGES = 100
DECISIONS_IN_THE_RAIL = 5


@require_safe
def thread_detail(request: HttpRequest, thread: UUID) -> HttpResponse:
    """The conversation with its newest messages; `?before=` and `?at=` (a message) show earlier ones."""
    return thread_page(request, found(thread))


@require_safe
def thread_stream(request: HttpRequest, thread: UUID) -> HttpResponse:
    """Only the messages said after `?after=` (all when it is not given), to be added to an open page."""
    row = found(thread)
    messages = Message.objects.of(row.pk).for_stream().order_by("pk")
    if after := request.GET.get("after"):
        messages = messages.after(find(Message.objects, id_of(after, "after"), thread=row).pk)
    context = {"thread": row, "thread_messages": list(messages[:MOST_NEW_MESSAGES]), "may_answer": may_answer(row)}
    return show(request, "threads/_messages.html", context)


def found(pk: UUID) -> Thread:
    """The thread of the address, with its DataSpace; inside a reading transaction."""
    thread: Thread = find(Thread.objects.select_related("dataspace"), pk)
    return thread


def may_answer(thread: Thread) -> bool:
    """Is the composer offered? The actions decide for themselves."""
    return may_write(current()) and not thread.is_archived


def thread_page(
    request: HttpRequest,
    thread: Thread,
    *,
    form: MessageForm | None = None,
    correct: Message | None = None,
    rename: RenameForm | None = None,
) -> HttpResponse:
    """Draws the page, with forms that were refused when there are any (then it answers 400)."""
    sphere = SPHERE_BY_SLUG[thread.sphere]
    request.thread = {"title": thread.title, "url": reverse("thread-detail", args=[thread.pk])}  # type: ignore[attr-defined]
    context = {
        "thread": thread,
        "sphere": sphere,
        "may_answer": may_answer(thread),
        "rename": rename or RenameForm(initial={"title": thread.title}, auto_id="rename-%s"),
        "slots": slots.filled(request, thread),
        **conversation(request, thread),
        **decisions(thread),
        **composing(request, thread, form, correct),
    }
    refused = any(given is not None and given.errors for given in (form, rename))
    return show(request, "threads/detail.html", context, sphere=sphere, status=400 if refused else 200)


def conversation(request: HttpRequest, thread: Thread) -> dict[str, Any]:
    """The newest messages, or those before one, or those until one, in the order in which they were said."""
    rows = Message.objects.of(thread.pk).for_stream().order_by("-pk")
    if before := named(request, thread, "before"):
        rows = rows.filter(pk__lt=before.pk)
    if until := named(request, thread, "at"):
        rows = rows.filter(pk__lte=until.pk)
    messages, more = page_of(rows, MESSAGES_ON_A_PAGE)
    messages.reverse()
    return {
        "thread_messages": messages,
        "earlier": messages[0].pk if more else None,
        "is_past": bool(before or until),
    }


def decisions(thread: Thread) -> dict[str, Any]:
    rows, more = page_of(Decision.objects.of(thread.pk).newest_first(), DECISIONS_IN_THE_RAIL)
    return {"decisions": rows, "more_decisions": more}


def composing(
    request: HttpRequest, thread: Thread, form: MessageForm | None, correct: Message | None
) -> dict[str, Any]:
    """The composer: empty, answering `?reply=`, or correcting `?correct=`."""
    correct = correct or named(request, thread, "correct")
    answered = None if correct else named(request, thread, "reply")
    if form is None:
        initial = {"content": correct.content} if correct else {"reply_to": answered and answered.pk}
        form = MessageForm(initial=initial, auto_id="say-%s")
    return {"form": form, "correct": correct, "answered": answered}


def named(request: HttpRequest, thread: Thread, name: str) -> Message | None:
    """The message of this thread that the address names, if it does."""
    value = request.GET.get(name)
    return find(Message.objects, id_of(value, name), thread=thread) if value else None
