"""What a person is told of their runs, when they may have looked away (design 3.10)."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agents.pipeline.models import Run
from agents.runtime.ending import FAILURES
from governance.audit.entries import News
from governance.notifications.events import Event, Group, Source, Type, register_event, register_fact
from governance.notifications.people import these
from governance.notifications.telling import tell
from governance.uow import UnitOfWork, tell_of

LONG = timedelta(seconds=30)  # an answer that came sooner is still on the screen of who asked
RUNS = Group(_("Requests"), 20)
FINISHED, FAILED, BUDGET = "run.finished", "run.failed", "run.budget"

EVENTS = (
    Event(
        FINISHED, RUNS, _("A longer request is done"), _("Your request is done"),
        _("Your request is done in %(identity)s"), source=Source.AGENT,
    ),
    Event(
        FAILED, RUNS, _("A request could not be carried through"), _("Your request was not carried through"),
        _("Your request was not carried through in %(identity)s"), "%(error)s", facts=frozenset({"error"}),
        type=Type.WARNING, source=Source.AGENT,
    ),
    Event(
        BUDGET, RUNS, _("A request was stopped by the budget"), _("The budget stopped your request"),
        _("The budget stopped a request in %(identity)s"), type=Type.WARNING, source=Source.AGENT, email=True,
    ),
)  # fmt: skip


def register() -> None:
    """Called once, when the app is ready."""
    for event in EVENTS:
        register_event(event)
    register_fact("error", lambda value: str(FAILURES.get(value, value)))


@tell_of("pipeline.error", "pipeline.complete")
def run_is_over(uow: UnitOfWork, news: News) -> None:
    """Its person, unless they ended it themselves; of a success only when it took a while."""
    run = uow.mine.get((Run, news.object_id)) if news.object_id else None
    if run is None or run.ended_at is None:
        return
    who, link = these(run.person_id), reverse("thread-detail", args=[run.thread_id])
    if run.status == Run.Status.FAILED and run.error == "budget_exceeded":
        tell(uow, BUDGET, who, about=run.pk, link=link)
    elif run.status == Run.Status.FAILED:
        tell(uow, FAILED, who, about=run.pk, link=link, facts={"error": run.error})
    elif run.status == Run.Status.COMPLETED and run.ended_at - run.created_at >= LONG:
        tell(uow, FINISHED, who, about=run.pk, link=link)
