"""What is done on a thread's page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.perform import perform
from spheres.views.common import performed
from threads.forms import MessageForm, RenameForm
from threads.models import Message, Thread
from threads.views.detail import found, thread_page


@require_POST
def add_message(request: HttpRequest, thread: UUID) -> HttpResponse:
    """Writes in the thread, and goes to what was written."""
    with reading():
        row = found(thread)
    form = MessageForm(request.POST, auto_id="say-%s")
    if form.is_valid():
        message = performed(form, "threads.message.add", {"thread": thread, **form.cleaned_data})
        if message is not None:
            return to_message(thread, message)
    with reading():
        return thread_page(request, row, form=form)


@require_POST
def correct_message(request: HttpRequest, thread: UUID, message: UUID) -> HttpResponse:
    """Adds a corrected version of one's message."""
    with reading():
        row = found(thread)
        old: Message = find(Message.objects, message, thread=row)
    form = MessageForm(request.POST, auto_id="say-%s")
    if form.is_valid():
        new = performed(form, "threads.message.correct", {"message": message, "content": form.cleaned_data["content"]})
        if new is not None:
            return to_message(thread, new)
    with reading():
        return thread_page(request, row, form=form, correct=old)


def to_message(thread: UUID, message: Message) -> HttpResponse:
    return redirect(f"{reverse('thread-detail', args=[thread])}#m-{message.pk}")


@require_POST
def rename_thread(request: HttpRequest, thread: UUID) -> HttpResponse:
    with reading():
        row = found(thread)
    form = RenameForm(request.POST, auto_id="rename-%s")
    if form.is_valid() and performed(form, "threads.thread.rename", {"thread": thread, **form.cleaned_data}):
        return redirect("thread-detail", thread=thread)
    with reading():
        return thread_page(request, row, rename=form)


@require_POST
def archive_thread(request: HttpRequest, thread: UUID) -> HttpResponse:
    return step(request, thread, "archive", _("Archived: it can still be read, and reopened."))


@require_POST
def resolve_thread(request: HttpRequest, thread: UUID) -> HttpResponse:
    return step(request, thread, "resolve", _("Resolved."))


@require_POST
def reopen_thread(request: HttpRequest, thread: UUID) -> HttpResponse:
    return step(request, thread, "reopen", _("Open again."))


def step(request: HttpRequest, thread: UUID, name: str, said: str) -> HttpResponse:
    """Takes one step of the thread's life and stays on its page."""
    row: Thread = perform(f"threads.thread.{name}", {"thread": thread})
    messages.success(request, said)
    return redirect("thread-detail", thread=row.pk)
