"""The pages of approvals: what waits, one question in full, its decision and its change (design C6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import names_of, newest_page, note_afterwards, show
from governance.access.stepup import require_recent_factor
from governance.checkpoints.batch import alike
from governance.checkpoints.checks import most_model_tokens
from governance.checkpoints.deciding import TimeLeft, can_decide, counts, deciders, is_open, time_left
from governance.checkpoints.editing import check_editable
from governance.checkpoints.escalating import ESCALATE
from governance.checkpoints.forms import EDIT_FORMS, DecideForm
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.pace import note_sight
from governance.checkpoints.policies import may_decide
from governance.checkpoints.quorum import is_solo, wants_another
from governance.checkpoints.resolving import RESOLVE
from governance.checkpoints.review import review
from governance.checkpoints.runs import agent_name
from governance.checkpoints.words import question_of
from governance.errors import BadInput, Conflict, Gone, GovernanceError, NotAllowed, NotThere
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.ledger.models import credits_for
from governance.people.policies import may_write
from governance.perform import perform
from governance.registry.actions import get_action

MOST_WAITING = 100
HISTORY_PAGE = 50
Status = Checkpoint.Status


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue or of the history."""

    checkpoint: Checkpoint
    say: str
    who: str
    left: TimeLeft
    approvals: int
    most_tokens: int
    mine: bool
    decider: str
    together: bool  # there are others like it, to be decided with one look at all of them


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits, the one that expires first on top; `?shown=history` what was decided, the newest first."""
    return queue_page(request)


def queue_page(request: HttpRequest, *, refusal: GovernanceError | None = None) -> HttpResponse:
    """Draws the list, with what was refused when something was."""
    history = request.GET.get("shown") == "history"
    with reading():
        rows, more = Checkpoint.objects.prefetch_related("votes__delegation"), None
        if history:
            found, more = newest_page(request, rows.exclude(status=Status.PENDING), HISTORY_PAGE)
        else:
            found = [row for row in rows.waiting()[:MOST_WAITING] if is_open(row)]
        lines = shown_rows(found)
    together = any(line.together for line in lines)
    context = {"history": history, "rows": lines, "more": more, "refusal": refusal, "together": together}
    return show(request, "governance/approvals.html", context, status=refusal.status if refusal else 200)


def shown_rows(found: list[Checkpoint]) -> list[Row]:
    """The lines of a list; the names of all requesters in one query."""
    actor = current()
    sees, names = may_write(actor), names_of(row.requester_id for row in found)
    members = deciders(actor.identity_id) if found else {}
    solo = is_solo(actor.identity_id) if any(wants_another(row) for row in found) else False
    mine = {row.pk for row in found if can_decide(row, actor, solo)}
    pairs = alike([row for row in found if row.pk in mine], solo)
    return [_shown(row, names, members, sees, row.pk in mine, row.pk in pairs) for row in found]


def _shown(
    row: Checkpoint, names: dict[UUID, str], members: dict[UUID, datetime], sees: bool, mine: bool, together: bool
) -> Row:
    votes, over = list(row.votes.all()), row.status != Status.PENDING
    return Row(
        checkpoint=row,
        say=question_of(row.action, row.preview) if sees else str(get_action(row.action).label),
        who=agent_name(row.agent) or names.get(row.requester_id, ""),
        left=time_left(row),
        approvals=sum(vote.decision == "approve" and (over or counts(vote, members)) for vote in votes),
        most_tokens=credits_for(most_model_tokens(row)) if sees else 0,
        mine=mine,
        decider=", ".join(vote.person_name for vote in votes),
        together=together,
    )


@require_safe
def approval_detail(request: HttpRequest, checkpoint: UUID) -> HttpResponse:
    """One question like a tidy pull request: what changes, why, at what cost, checked how, decided by whom."""
    return approval_page(request, checkpoint)


def approval_page(
    request: HttpRequest,
    checkpoint: UUID,
    *,
    refusal: GovernanceError | None = None,
    form: DecideForm | None = None,
) -> HttpResponse:
    """Draws the page as things are now, with what was refused when something was."""
    with reading():
        row = find(Checkpoint.objects.prefetch_related("votes__delegation"), checkpoint)
        context = review(row, current())
    context |= {
        "refusal": refusal,
        "form": form or DecideForm(initial={"envelope_digest": row.envelope_digest}, auto_id="decide-%s"),
    }
    page = show(request, "governance/approval.html", context, status=refusal.status if refusal else 200)
    if context["can_decide"]:
        note_afterwards(request, partial(note_sight, [row]))
    return page


@require_POST
def approval_decide(request: HttpRequest, checkpoint: UUID) -> HttpResponse:
    """A vote on what the page showed; whatever changed meanwhile is shown again, with the reason."""
    with reading():
        row = find(Checkpoint.objects, checkpoint)
    form = DecideForm(request.POST, auto_id="decide-%s")
    if not form.is_valid():
        unclear = BadInput(_("Choose to approve or to refuse; the reason is 500 characters long at most."))
        return approval_page(request, checkpoint, refusal=unclear)
    if form.cleaned_data["decision"] == "approve" and get_action(row.action).guarded:
        require_recent_factor(request, back=reverse("approval-detail", args=[checkpoint]))
    try:
        row = perform("governance.checkpoint.decide", {"checkpoint": checkpoint, **form.cleaned_data})
    except (Conflict, Gone, BadInput) as refusal:
        return approval_page(request, checkpoint, refusal=refusal)
    messages.success(request, _said(row))
    return redirect("approval-detail", checkpoint)


@require_POST
def approval_escalate(request: HttpRequest, checkpoint: UUID) -> HttpResponse:
    """One level up, and shown again."""
    with reading():
        find(Checkpoint.objects, checkpoint)
    try:
        row = perform(ESCALATE, {"checkpoint": checkpoint})
    except (Conflict, Gone) as refusal:
        return approval_page(request, checkpoint, refusal=refusal)
    messages.success(request, _("Raised: it now counts as %(level)s.") % {"level": row.get_level_display()})
    return redirect("approval-detail", checkpoint)


@require_POST
def approval_resolve(request: HttpRequest, checkpoint: UUID) -> HttpResponse:
    """What somebody has found out about an effect whose outcome is unknown."""
    with reading():
        find(Checkpoint.objects, checkpoint)
    given = {name: request.POST.get(name, "") for name in ("outcome", "note")}
    try:
        perform(RESOLVE, {"checkpoint": checkpoint, **given})
    except (Conflict, BadInput) as refusal:
        return approval_page(request, checkpoint, refusal=refusal)
    messages.success(request, _("Noted, with your name."))
    return redirect("approval-detail", checkpoint)


def _said(row: Checkpoint) -> str:
    """What the vote has brought about, for the toast."""
    if row.status == Status.REJECTED:
        return _("Refused. Nothing was done.")
    if row.status == Status.APPROVED:
        return _("Approved. It is being carried out.")
    return _("Your approval counts. Others must still agree.")


@require_http_methods(["GET", "HEAD", "POST"])
def approval_edit(request: HttpRequest, checkpoint: UUID) -> HttpResponse:
    """Other words for the same act: the old question is dead, the new one is approved on its own page.

    A POST without any field (“look at it again”) seals the same words anew.
    """
    with reading():
        row = find(Checkpoint.objects, checkpoint)
    if not may_decide(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form_class = EDIT_FORMS.get(row.action)
    if request.method == "POST" and "rebuild" in request.POST:
        return _edited(request, row, None, {})
    if form_class is None:
        raise NotThere()
    form = form_class.of(row.params, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _edited(request, row, form, form.cleaned_data)
    if request.method != "POST":
        check_editable(row, current())
    return _edit_page(request, row, form)


def _edited(request: HttpRequest, row: Checkpoint, form: Any, parameters: dict[str, Any]) -> HttpResponse:
    params = {"checkpoint": row.pk, "parameters": parameters}
    try:
        new = perform("governance.checkpoint.edit", params)
    except BadInput as error:
        if form is None:
            return approval_page(request, row.pk, refusal=error)
        form.refuse(error)
        return _edit_page(request, row, form)
    except (Conflict, Gone) as refusal:
        return approval_page(request, row.pk, refusal=refusal)
    messages.success(request, _("Sealed anew. Look at it once more, then decide."))
    return redirect("approval-detail", new.pk)


def _edit_page(request: HttpRequest, row: Checkpoint, form: Any) -> HttpResponse:
    context = {"row": row, "form": form, "title": get_action(row.action).label}
    return show(request, "governance/approval_edit.html", context, status=400 if form.errors else 200)
