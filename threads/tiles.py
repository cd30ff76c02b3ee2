"""What threads show on a sphere's page, on home and in the search."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from spheres.facts import SPHERE_BY_SLUG, SectionKey, Sphere
from spheres.fulltext import excerpt, matching
from spheres.search import Found, Question, best, register_source
from spheres.sections import Row, Tile, figure, register_section
from spheres.today import Changed, Resumable, ResumeSource, register_activity, register_resume
from threads.models import Decision, Message, Thread

TONES = {"active": "ok", "resolved": "ok", "paused": "warn"}
ICON = "messages-square"


def thread_url(pk: Any) -> str:
    return reverse("thread-detail", args=[pk])


def thread_tile(sphere: Sphere, most: int) -> Tile:
    """The section Threads: the most recently active ones."""
    kept, count = Thread.objects.kept().filter(sphere=sphere.slug).recent_first().first_counted(most)
    return Tile(
        rows=[
            Row(
                thread.title,
                thread_url(thread.pk),
                thread.get_type_display(),
                at=thread.last_activity_at,
                status=thread.get_status_display() if thread.status != Thread.Status.ACTIVE else "",
                tone=TONES.get(thread.status, "off"),
            )
            for thread in kept
        ],
        count=count,
        counted=ngettext("%(n)s thread", "%(n)s threads", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("No thread in this sphere yet."),
        action=gettext_lazy("All threads"),
    )


def open_threads(sphere: str) -> Any:
    """Those in which something happened last."""
    return Thread.objects.kept().exclude(status=Thread.Status.RESOLVED).in_sphere(sphere).recent_first()


def resumable_thread(row: Changed) -> Resumable:
    return Resumable(
        title=row.title,
        meta=_("Thread, %(sphere)s") % {"sphere": SPHERE_BY_SLUG[row.sphere].name},
        url=thread_url(row.id),
        sphere_slug=row.sphere,
        icon=ICON,
        at=row.at,
    )


def active_threads(since: datetime) -> Any:
    """Those in which something happened since then."""
    return Thread.objects.kept().filter(last_activity_at__gte=since)


def best_of(rows: Any, question: Question) -> Any:
    """The rows inside threads that answer the question, each with its thread."""
    rows = matching(rows.select_related("thread"), question.words)
    if question.sphere:
        rows = rows.filter(thread__sphere=question.sphere)
    if question.place is not None:
        rank, pk = question.place
        rows = rows.filter(Q(rank__lt=rank) | Q(rank=rank, pk__lt=pk))
    return rows[: question.limit]


def find_threads(question: Question) -> list[Found]:
    return [
        Found(
            kind="thread",
            id=thread.pk,
            title=thread.title,
            excerpt="",
            sphere=thread.sphere,
            at=thread.last_activity_at,
            url=thread_url(thread.pk),
            rank=thread.rank,
            icon=ICON,
        )
        for thread in best(Thread.objects.all(), question)
    ]


def find_messages(question: Question) -> list[Found]:
    """What was said; decisions are found as such."""
    rows = best_of(Message.objects.exclude(kind=Message.Kind.DECISION), question)
    return [_inside(row, "message", row.content, "message-square-text", question) for row in rows]


def find_decisions(question: Question) -> list[Found]:
    rows = best_of(Decision.objects.all(), question)
    return [_inside(row, "decision", row.statement, "gavel", question) for row in rows]


def _inside(row: Any, kind: str, text: str, icon: str, question: Question) -> Found:
    """A result inside a thread: it leads to its place there."""
    log = f"{reverse('thread-decisions', args=[row.thread_id])}#d-{row.pk}"
    return Found(
        kind=kind,
        id=row.pk,
        title=row.thread.title,
        excerpt=excerpt(text, question.words),
        sphere=row.thread.sphere,
        at=row.created_at,
        url=log if kind == "decision" else f"{thread_url(row.thread_id)}?at={row.pk}#m-{row.pk}",
        rank=row.rank,
        icon=icon,
    )


def register() -> None:
    """Called once, when the app is ready."""
    register_section(SectionKey.THREADS, thread_tile)
    register_resume(ResumeSource(open_threads, "last_activity_at", resumable_thread))
    register_activity(active_threads)
    register_source("thread", find_threads)
    register_source("message", find_messages)
    register_source("decision", find_decisions)
