"""Reads of runs."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from agents.llm.models import Attempt
from governance.isolation.querysets import ScopedQuerySet
from governance.kills.models import InstallationStop, Kill

ACTIVE = ("pending", "running", "approved", "awaiting_approval", "needs_clarification")


class RunQuerySet(ScopedQuerySet):
    """Runs of the bound identity."""

    def active(self) -> Self:
        """Not over: under way, or waiting for a person."""
        return self.filter(status__in=ACTIVE)

    def of_thread(self, thread_id: UUID) -> Self:
        return self.filter(thread_id=thread_id)

    def with_hold(self) -> Self:
        """Each with `held`: does a kill switch reach it, whether or not it found it when it was pulled?"""
        return self.annotate(held=_held())

    def to_stop(self) -> Self:
        """Those that must not go on: a person has said so, or a switch."""
        return self.filter(Q(stop_requested=True) | _held())


def _held() -> Q:
    """Does a live switch reach the run, of its identity or of the staff?

    That of a provider reaches calls that are under way: the next one is refused itself.
    """
    live = Kill.objects.filter(identity_id=OuterRef("identity_id"), lifted_at__isnull=True)
    reaching = live.filter(
        Q(scope="identity")
        | Q(scope="sphere", ref=OuterRef("sphere"))
        | Q(scope="agent", ref=OuterRef("agent"))
        | Q(scope="thread", ref=Cast(OuterRef("thread_id"), CharField()))
        | Q(scope="provider", ref__in=_called())
    )
    stops = InstallationStop.objects.filter(lifted_at__isnull=True)
    return Q(Exists(reaching)) | Q(Exists(stops.filter(Q(scope="all") | Q(scope="provider", ref__in=_called()))))


def _called() -> QuerySet:
    """The providers of the calls that the run has under way, for a query inside a query of the run."""
    run = {"identity_id": OuterRef(OuterRef("identity_id")), "run_id": OuterRef(OuterRef("pk"))}
    return Attempt.objects.filter(**run, state=Attempt.State.CALLING).values("provider")
