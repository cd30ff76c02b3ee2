"""`/approvals/delegations/`: who approves for whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.access.showing import asked_id, show
from governance.access.stepup import require_recent_factor
from governance.checkpoints.models import Checkpoint
from governance.delegations.actions import GRANT, REVOKE
from governance.delegations.forms import DelegateForm
from governance.delegations.models import Delegation
from governance.delegations.policies import may_delegate, may_end
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform

PICO_PER_CENT = 10**10
SHOWN_OVER = 20


@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """Those that hold and some that are over; the form gives one. `?checkpoint=` hands over one question only."""
    if request.method != "POST":
        return _page(request, _form(checkpoint=asked_id(request, "checkpoint")))
    if not may_delegate(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    require_recent_factor(request, back=request.path)
    form = _form(request.POST)
    with reading():
        valid = form.is_valid()
    if valid:
        try:
            row = perform(GRANT, form.params())
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
        else:
            messages.success(request, _("%(name)s approves for you now.") % {"name": row.to_name})
            return redirect("delegations")
    return _page(request, form)


def _form(data: Any = None, checkpoint: UUID | None = None) -> DelegateForm:
    actor = current()
    initial = {"checkpoint": checkpoint} if checkpoint else {}
    return DelegateForm(data, identity_id=actor.identity_id, person_id=actor.person_id, initial=initial)


def _page(request: HttpRequest, form: DelegateForm) -> HttpResponse:
    now, actor = timezone.now(), current()
    with reading():
        live = list(Delegation.objects.live(now).order_by("until", "id"))
        over = Delegation.objects.exclude(revoked_at__isnull=True, until__gt=now).newest_first()[:SHOWN_OVER]
        one = form["checkpoint"].value()
        question = find(Checkpoint.objects, one) if one and request.method != "POST" else None
        context = {
            "form": form,
            "rows": [_line(row, may_end(actor, row) and may_delegate(actor)) for row in live],
            "over": [_line(row, False) for row in over],
            "delegates": may_delegate(actor),
            "others": list(form.fields["member"].queryset[:1]),  # type: ignore[attr-defined]
            "question": question,
        }
    return show(request, "delegations/list.html", context, status=400 if form.errors else 200)


def _line(row: Delegation, may: bool) -> dict[str, Any]:
    kinds = dict(Checkpoint.Kind.choices)
    cents = None if row.ceiling_pico_usd is None else row.ceiling_pico_usd // PICO_PER_CENT
    return {
        "row": row,
        "covers": [kinds.get(name, name) for name in row.covers],
        "dollars": None if cents is None else cents / 100,
        "may_end": may,
    }


@require_POST
def revoke(request: HttpRequest, delegation: UUID) -> HttpResponse:
    with reading():
        find(Delegation.objects, delegation)
    try:
        perform(REVOKE, {"delegation": delegation})
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    else:
        messages.success(request, _("Ended. It counts no more."))
    return redirect("delegations")
