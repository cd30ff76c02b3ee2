"""Threads as places of memory (design 3.7)."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.isolation.lookup import find
from governance.memory.places import Place, PlaceKind, register_place
from threads.actions.lifecycle import archived
from threads.models import Thread

THREAD = "thread"
MOST_OFFERED = 50


def place_of(thread: Thread) -> Place:
    return Place(THREAD, thread.pk, thread.title, thread.sphere, reverse("thread-detail", args=[thread.pk]))


def opened(pk: UUID) -> Place:
    """The thread, if something can still be added to it."""
    thread: Thread = find(Thread.objects, pk)
    if thread.is_archived:
        raise archived()
    return place_of(thread)


def named(pks: set[UUID]) -> dict[UUID, Place]:
    return {thread.pk: place_of(thread) for thread in Thread.objects.filter(pk__in=pks)}


def offered() -> list[Place]:
    return [place_of(thread) for thread in Thread.objects.kept().recent_first()[:MOST_OFFERED]]


def register() -> None:
    """Called once, when the app is ready."""
    register_place(THREAD, PlaceKind(_("Thread"), opened, named, offered))
