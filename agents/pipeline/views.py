"""The pages of the pipeline: all runs, one run, its card, and what a person may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.llm.models import Attempt
from agents.pipeline import sentences
from agents.pipeline.card import TONES, card_of, rows_of
from agents.pipeline.forms import AnswerForm, AskForm
from agents.pipeline.models import Run, Snapshot
from agents.pipeline.steps import Line, duration, water_line
from governance.access.showing import newest_page
from governance.errors import BadInput, BudgetExceeded, Conflict, GovernanceError, Halted, TooMany, Unprocessable
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.memory.showing import shown_in
from governance.perform import perform
from spheres.facts import SPHERE_BY_SLUG, Sphere
from spheres.views.common import back, performed, show
from threads.forms import MessageForm
from threads.views.detail import found, thread_page

PAGE = 30
Status = Run.Status

GROUPS = {
    "": (pgettext_lazy("runs", "All"), tuple(Status)),
    "active": (pgettext_lazy("runs", "Under way"), (Status.PENDING, Status.RUNNING, Status.APPROVED)),
    "waiting": (pgettext_lazy("runs", "Wait for you"), (Status.AWAITING_APPROVAL, Status.NEEDS_CLARIFICATION)),
    "done": (pgettext_lazy("runs", "Done"), (Status.COMPLETED,)),
    "stopped": (
        pgettext_lazy("runs", "Not carried through"),
        (Status.FAILED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED, Status.PENDING_EFFECT),
    ),
}


SHORT = {"live": pgettext_lazy("runs", "Under way"), "wait": pgettext_lazy("run", "Waits for you")}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of a list of runs."""

    run: Run
    line: Line
    say: str
    tone: str

    @property
    def status(self) -> str:
        """Two words at most: they stand beside a small water line."""
        return str(SHORT.get(self.tone) or self.run.get_status_display())


def run_rows(runs: list[Run]) -> list[RunRow]:
    """Lines for runs that were read with their lanes."""
    return [
        RunRow(run, water_line(run, run.lanes.all()), sentences.sentence(run), TONES[Status(run.status)])
        for run in runs
    ]


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs of the identity, the newest first; `?status=` one group of states."""
    group = request.GET.get("status", "")
    if group not in GROUPS:
        raise BadInput(errors={"status": [_("There is no such group of runs.")]})
    rows = Run.objects.select_related("thread").prefetch_related("lanes")
    if group:
        rows = rows.filter(status__in=GROUPS[group][1])
    runs, more = newest_page(request, rows, PAGE)
    context = {
        "rows": run_rows(runs),
        "more": more,
        "group": group,
        "groups": [(name, words) for name, (words, _states) in GROUPS.items()],
    }
    return show(request, "agents/run_list.html", context)


@require_safe
def run_detail(request: HttpRequest, run: UUID) -> HttpResponse:
    """One run in full: card, lanes, context, calls of the model, tool calls."""
    return run_page(request, run_of(run))


@require_safe
def run_card(request: HttpRequest, run: UUID) -> HttpResponse:
    """Only the card, for a page that is open."""
    row = run_of(run)
    context = {"card": card_of(row, current()), "form": AnswerForm(initial={"encoding": row.encoding})}
    return show(request, "agents/_card.html", context)


def run_of(pk: UUID) -> Run:
    """The run of the address, with its thread; inside a reading transaction."""
    with reading():
        row: Run = find(Run.objects.select_related("thread"), pk)
    return row


def run_page(request: HttpRequest, run: Run, *, form: AnswerForm | None = None, status: int = 200) -> HttpResponse:
    """Draws the page of a run, with the answer that was refused when there is one."""
    with reading():
        rows = rows_of(run)
        snapshot = Snapshot.objects.filter(run=run).newest_first().first()
        seen = shown_in(snapshot.fragments) if snapshot else []
        card = card_of(run, current(), rows)
    request.thread = {"title": run.thread.title, "url": thread_url(run)}  # type: ignore[attr-defined]
    context = {
        "run": run,
        "card": card,
        "form": form or AnswerForm(initial={"encoding": run.encoding}),
        "snapshot": snapshot,
        "seen": seen,
        "attempts": [(row, time_of(row)) for row in rows.attempts],
    }
    return show(request, "agents/run_detail.html", context, sphere=SPHERE_BY_SLUG[run.sphere], status=status)


def time_of(attempt: Attempt) -> str:
    """How long one call of the model took; '' while it lasts."""
    if attempt.ended_at is None:
        return ""
    return duration((attempt.ended_at - attempt.started_at) // timedelta(microseconds=1))


def thread_url(run: Run) -> str:
    """Where a run lives: its thread, at the card."""
    return reverse("thread-detail", args=[run.thread_id]) + "#run"


# --- Asking --------------------------------------------------------------------------------------------
@require_POST
def thread_ask(request: HttpRequest, thread: UUID) -> HttpResponse:
    """What was written in the thread's composer, as a request to Nova."""
    with reading():
        row = found(thread)
    form, status = MessageForm(request.POST, auto_id="say-%s"), 400
    if form.is_valid():
        asked = {"text": form.cleaned_data["content"], "sphere": row.sphere, "thread": thread}
        run, status = started(form, asked)
        if run is not None:
            return redirect(thread_url(run))
    with reading():
        answer = thread_page(request, row, form=form)
    answer.status_code = status
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def sphere_ask(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """Asks Nova in a new thread of the sphere."""
    form, status = AskForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        status = 400
        if form.is_valid():
            run, status = started(form, {"text": form.cleaned_data["text"], "sphere": sphere.slug.value})
            if run is not None:
                return redirect(thread_url(run))
    return show(request, "agents/ask.html", {"ask_form": form}, sphere=sphere, status=status)


def started(form: Any, asked: dict[str, Any]) -> tuple[Run | None, int]:
    """The new run; or None and the status, with the form saying why it cannot be now."""
    try:
        return performed(form, "agents.run.start", asked), 400
    except (BudgetExceeded, Halted, TooMany) as refusal:
        form.add_error(None, str(refusal.detail or refusal.title))
        form.out_of_budget = isinstance(refusal, BudgetExceeded)
        return None, refusal.status


# --- What a person may do about a run ------------------------------------------------------------------
@require_POST
def run_stop(request: HttpRequest, run: UUID) -> HttpResponse:
    """Stops the run; what is over already is said, not blamed."""
    row = run_of(run)
    try:
        perform("agents.run.stop", {"run": run})
    except Conflict as refusal:
        messages.info(request, str(refusal.detail))
    return back(request, thread_url(row))


@require_POST
def run_answer(request: HttpRequest, run: UUID) -> HttpResponse:
    """Words, or another encoding, for a run that asked; what is wrong with them is said on its page."""
    row = run_of(run)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return run_page(request, row, form=form, status=400)
    try:
        perform("agents.run.continue", {"run": run, **form.given})
    except (BadInput, Unprocessable, BudgetExceeded, TooMany) as refusal:
        say_why(form, refusal)
        return run_page(request, row, form=form, status=refusal.status)
    except Conflict as refusal:
        messages.info(request, str(refusal.detail))
    return redirect(thread_url(row))


def say_why(form: AnswerForm, refusal: GovernanceError) -> None:
    """Each broken rule at its field; what belongs to none stands above."""
    found = refusal.extra.get("errors", {})
    for name, sentences_of_it in found.items():
        for said in sentences_of_it:
            form.add_error(name if name in form.fields else None, said)
    if not found:
        form.add_error(None, str(refusal.detail or refusal.title))


@require_POST
def run_retry(request: HttpRequest, run: UUID) -> HttpResponse:
    """The same words again, as a new run in the same thread."""
    row = run_of(run)
    new = perform("agents.run.start", {"text": row.text, "sphere": row.sphere, "thread": row.thread_id})
    return redirect(thread_url(new))
