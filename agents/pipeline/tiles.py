"""What runs show on the pages of the layers below: thread, home, sphere (design 7.1)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents.pipeline import sentences
from agents.pipeline.card import TONES, card_of, newest_of
from agents.pipeline.forms import AnswerForm
from agents.pipeline.models import Run
from agents.pipeline.views import RunRow, run_rows, thread_url
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.views import Row as Question
from governance.checkpoints.views import shown_rows
from governance.isolation.context import current
from governance.people.policies import may_write
from spheres import today
from spheres.facts import SectionKey, Sphere
from spheres.querysets import MOST_COUNTED, Capped
from spheres.sections import Row, Tile, figure, register_section
from spheres.views.common import person_time
from threads.models import Message, Thread
from threads.slots import Position, register_slot

OLDER_RUNS = 5
RUNS_ON_HOME = 5
QUESTIONS_ON_HOME = 3
ASKING = (Run.Status.AWAITING_APPROVAL, Run.Status.NEEDS_CLARIFICATION)


def run_slot(request: HttpRequest, thread: Thread) -> SafeString | str:
    """The card of the newest run while it is news, and the older ones in one line each."""
    runs = runs_of(request, thread)
    if not runs:
        return ""
    shown = runs[0] if is_news(runs[0]) else None
    older = [run for run in runs if run is not shown][:OLDER_RUNS]
    context = {
        "card": card_of(shown, current()) if shown else None,
        "form": AnswerForm(initial={"encoding": shown.encoding}) if shown else None,
        "may_write": may_write(current()),
        "older": [(run, sentences.sentence(run), TONES[Run.Status(run.status)]) for run in older],
    }
    with person_time(request):
        return SafeString(render_to_string("agents/_slot.html", context, request=request))


def runs_of(request: HttpRequest, thread: Thread) -> list[Run]:
    """The newest runs of the thread, read once for both of its places."""
    if not hasattr(request, "thread_runs"):
        request.thread_runs = newest_of(thread.pk, OLDER_RUNS + 1)  # type: ignore[attr-defined]
    return request.thread_runs  # type: ignore[attr-defined, no-any-return]


def is_news(run: Run) -> bool:
    """Is it under way, or has nobody said anything since it ended?"""
    if not run.is_over:
        return True
    last = Message.objects.of(run.thread_id).order_by("-pk").values_list("pk", "created_at").first()
    if last is None or run.ended_at is None:
        return True
    return last[0] == run.message_id or last[1] <= run.ended_at


def composer_slot(request: HttpRequest, thread: Thread) -> SafeString | str:
    """The button beside the plain one: the same words, as a request to Nova."""
    if not may_write(current()):
        return ""
    # One primary button a view: while the card asks something, the answer is the first thing to do.
    asks = any(run.status in ASKING for run in runs_of(request, thread))
    context = {"thread": thread, "is_primary": not asks}
    return SafeString(render_to_string("agents/_ask_button.html", context, request=request))


def running() -> list[RunRow]:
    """What is under way or asks, for home."""
    rows = Run.objects.active().select_related("thread").prefetch_related("lanes").newest_first()
    return run_rows(list(rows[:RUNS_ON_HOME]))


def questions() -> list[Question]:
    """The questions that expire first, for home."""
    rows = Checkpoint.objects.waiting().filter(expires_at__gt=timezone.now()).prefetch_related("votes")
    return shown_rows(list(rows[:QUESTIONS_ON_HOME]))


def waiting_spheres() -> Any:
    """The sphere of each question that waits, up to a hundred together."""
    rows = Checkpoint.objects.waiting().filter(expires_at__gt=timezone.now()).order_by()
    return rows.values_list("sphere", flat=True)[:MOST_COUNTED]


def agents_tile(sphere: Sphere, most: int) -> Tile:
    """Nova, one click away, and what she does in this sphere."""
    active = Capped(Run.objects.active().filter(sphere=sphere.slug))
    ask = Row(_("Ask Nova"), reverse("sphere-ask", args=[sphere]), _("Write what you want, in your words"), "sparkle")
    here = Run.objects.filter(sphere=sphere.slug).select_related("thread").annotate(active=active)
    runs = list(here.newest_first()[: most - 1])
    count = runs[0].active if runs else 0
    return Tile(
        rows=([ask] if may_write(current()) else []) + [_row(run) for run in runs],
        count=count,
        counted=ngettext("%(n)s under way", "%(n)s under way", count) % {"n": figure(count)} if count else "",
        empty=gettext_lazy("No agent works in this sphere. An agent never starts by itself."),
        action=gettext_lazy("Active agents"),
    )


def _row(run: Run) -> Row:
    status = Run.Status(run.status)
    return Row(
        run.thread.title, thread_url(run), "", "bot", run.created_at, status=str(status.label), tone=TONES[status]
    )


def register() -> None:
    """Called once, when the app is ready."""
    register_slot(Position.RUN, run_slot)
    register_slot(Position.COMPOSER, composer_slot)
    register_section(SectionKey.AGENTS, agents_tile)
    today.register_strip(today.Slot.RUNS, "agents/_strip_runs.html", running)
    today.register_strip(today.Slot.APPROVALS, "agents/_strip_approvals.html", questions)
    today.register_waiting(waiting_spheres)
