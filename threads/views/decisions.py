"""The log of a thread's decisions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from spheres.facts import SPHERE_BY_SLUG
from spheres.views.common import performed, show
from threads.filters import id_of, page_of
from threads.forms import DecisionForm
from threads.models import Decision, Thread
from threads.policies import may_write_itself
from threads.views.detail import found, may_answer

DECISIONS_ON_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def thread_decisions(request: HttpRequest, thread: UUID) -> HttpResponse:
    """Everything that was proposed, adopted and superseded, the newest first; a proposal is made here too."""
    with reading():
        row = found(thread)
    form = proposal(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = performed(form, "threads.decision.propose", {"thread": thread, **form.cleaned_data})
        if made is not None:
            return to_decision(made)
    return log(request, row, form)


def proposal(data: Any = None) -> DecisionForm:
    return DecisionForm(data, auto_id="propose-%s")


def log(request: HttpRequest, thread: Thread, form: DecisionForm, refused: DecisionForm | None = None) -> HttpResponse:
    """Draws the log; `refused` is a replacement's form, shown below the decision it is for."""
    sphere = SPHERE_BY_SLUG[thread.sphere]
    request.thread = {"title": thread.title, "url": reverse("thread-detail", args=[thread.pk])}  # type: ignore[attr-defined]
    with reading():
        rows = Decision.objects.of(thread.pk).select_related("supersedes").newest_first()
        if before := request.GET.get("before"):
            rows = rows.filter(pk__lt=find(Decision.objects, id_of(before, "before"), thread=thread).pk)
        decisions, more = page_of(rows, DECISIONS_ON_A_PAGE)
        context = {
            "thread": thread,
            "decisions": [(row, form_for(row, refused)) for row in decisions],
            "older": decisions[-1].pk if more else None,
            "form": form,
            "may_answer": may_answer(thread),
            "may_adopt": may_answer(thread) and may_write_itself(current()),
        }
    wrong = form.errors or (refused is not None and refused.errors)
    return show(request, "threads/decisions.html", context, sphere=sphere, status=400 if wrong else 200)


def form_for(decision: Decision, refused: DecisionForm | None = None) -> DecisionForm | None:
    """The form that replaces a decision in force; None for the others."""
    if decision.status != Decision.Status.ADOPTED:
        return None
    if refused is not None and refused.auto_id == replacing(decision):
        return refused
    return DecisionForm(initial={"type": decision.type}, auto_id=replacing(decision))


def replacing(decision: Decision) -> str:
    return f"replace-{decision.pk}-%s"


@require_POST
def adopt_decision(request: HttpRequest, thread: UUID, decision: UUID) -> HttpResponse:
    with reading():
        find(Decision.objects, decision, thread=found(thread))
    return to_decision(perform("threads.decision.adopt", {"decision": decision}))


@require_POST
def supersede_decision(request: HttpRequest, thread: UUID, decision: UUID) -> HttpResponse:
    """Puts another decision in place of one in force."""
    with reading():
        row = found(thread)
        old: Decision = find(Decision.objects, decision, thread=row)
    form = DecisionForm(request.POST, auto_id=replacing(old))
    if form.is_valid():
        new = performed(form, "threads.decision.supersede", {"decision": decision, **form.cleaned_data})
        if new is not None:
            return to_decision(new)
    return log(request, row, proposal(), refused=form)


def to_decision(decision: Decision) -> HttpResponse:
    return redirect(f"{reverse('thread-decisions', args=[decision.thread_id])}#d-{decision.pk}")
