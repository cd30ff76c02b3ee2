"""`/approvals/batch/`: alike questions, each in full, below one another; one decision for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from governance.access.showing import names_of, note_afterwards, show
from governance.checkpoints.batch import (
    MOST_TOGETHER,
    RAISED,
    Result,
    check_together,
    chosen,
    decide_each,
    outdated,
)
from governance.checkpoints.checks import most_model_tokens
from governance.checkpoints.deciding import TimeLeft, can_decide, time_left
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.pace import note_sight
from governance.checkpoints.policies import may_decide
from governance.checkpoints.quorum import is_solo
from governance.checkpoints.review import shown_fields
from governance.checkpoints.runs import agent_name
from governance.checkpoints.views import queue_page
from governance.checkpoints.words import question_of
from governance.errors import BadInput, Conflict, GovernanceError, NotAllowed
from governance.isolation.context import current, reading
from governance.ledger.models import credits_for

ITEM = re.compile(r"([0-9a-f-]{36}):([0-9a-f]{64})")
Refusals = dict[UUID, GovernanceError]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One question in full, between others. `open`: it can be decided with them."""

    row: Checkpoint
    title: str
    who: str
    left: TimeLeft
    fields: list[tuple[str, str]]
    most_tokens: int
    open: bool
    refusal: GovernanceError | None


@require_http_methods(["GET", "HEAD", "POST"])
def approval_batch(request: HttpRequest) -> HttpResponse:
    """GET shows the chosen ones (`?checkpoint=…&checkpoint=…`); POST votes on exactly what was shown of each."""
    if not may_decide(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    try:
        digests = _shown(request.POST) if request.method == "POST" else _asked(request.GET)
        rows, solo = chosen(list(digests)), is_solo(current().identity_id)
        check_together(rows, solo)
    except (BadInput, Conflict) as refusal:
        return queue_page(request, refusal=refusal)
    if request.method != "POST":
        return _page(request, rows, solo)
    decision = request.POST.get("decision", "")
    if decision not in {"approve", "reject"}:
        return _page(request, rows, solo, problem=BadInput(_("Choose to approve or to refuse.")))
    return _voted(request, decide_each(rows, digests, decision, ""), decision, solo)


def _voted(request: HttpRequest, results: Sequence[Result], decision: str, solo: bool) -> HttpResponse:
    """Back to the queue; or what was refused, as it is now, with the reason beside each."""
    refused = {one.id: one.refusal for one in results if one.refusal is not None}
    done = len(results) - len(refused)
    if done:
        approved = ngettext("%(n)s question approved.", "%(n)s questions approved.", done)
        rejected = ngettext("%(n)s question refused.", "%(n)s questions refused.", done)
        messages.success(request, (approved if decision == "approve" else rejected) % {"n": done})
    if not refused:
        return redirect("approvals")
    return _page(request, chosen(list(refused)), solo, refused=refused)


def _page(
    request: HttpRequest,
    rows: list[Checkpoint],
    solo: bool,
    *,
    refused: Refusals | None = None,
    problem: GovernanceError | None = None,
) -> HttpResponse:
    sheets = _sheets(rows, solo, refused or {})
    context = {"sheets": sheets, "n": sum(one.open for one in sheets), "refused": bool(refused), "refusal": problem}
    status = 409 if refused else problem.status if problem else 200
    page = show(request, "governance/approval_batch.html", context, status=status)
    note_afterwards(request, partial(note_sight, [one.row for one in sheets if one.open]))
    return page


def _sheets(rows: list[Checkpoint], solo: bool, refused: Refusals) -> list[Sheet]:
    """Each question as it is now; what was sealed under other rules can only be looked at on its own page."""
    with reading():
        names, stale = names_of(row.requester_id for row in rows), outdated(rows)
    shut = stale | {pk for pk, refusal in refused.items() if refusal.code == RAISED}
    actor = current()
    return [
        Sheet(
            row=row,
            title=question_of(row.action, row.preview),
            who=agent_name(row.agent) or names.get(row.requester_id, ""),
            left=time_left(row),
            fields=shown_fields(row.preview),
            most_tokens=credits_for(most_model_tokens(row)),
            open=can_decide(row, actor, solo) and row.pk not in shut,
            refusal=refused.get(row.pk),
        )
        for row in rows
    ]


def _asked(given: QueryDict) -> dict[UUID, str]:
    """The ids of the address, each once."""
    try:
        return _few({UUID(value): "" for value in given.getlist("checkpoint")})
    except ValueError as error:
        raise BadInput(_("Choose some questions first.")) from error


def _shown(given: QueryDict) -> dict[UUID, str]:
    """What the page had shown: each id with its seal, in one field, so that they cannot be paired otherwise."""
    found = [ITEM.fullmatch(value) for value in given.getlist("item")]
    try:
        return _few({UUID(one[1]): one[2] for one in found if one is not None})
    except ValueError as error:
        raise BadInput(_("Choose some questions first.")) from error


def _few(found: dict[UUID, str]) -> dict[UUID, str]:
    if not found:
        raise BadInput(_("Choose some questions first."))
    if len(found) > MOST_TOGETHER:
        raise BadInput(_("Twenty at a time at most."))
    return found
