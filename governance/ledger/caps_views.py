"""`/budgets/cap/`: one cap, what it is below, and how to change it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.access.showing import asked_id, show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.ledger.caps import KEPT, REMOVE, SET, Above, caps_above, limit_now, may_set_caps, narrower, raises
from governance.ledger.forms import CapForm, as_typed
from governance.ledger.models import Account, Period, Unit
from governance.ledger.tree import AccountNow
from governance.ledger.views import account_of
from governance.perform import perform


@require_http_methods(["GET", "HEAD", "POST"])
def cap(request: HttpRequest) -> HttpResponse:
    """The cap named by `?account=&unit=&period=` (or a new one); POST sets it, and raising it is behind a step-up."""
    account = asked_id(request, "account")
    with reading():
        here = account_of(request)
        known = _named(request)
        limit = limit_now(account, *known) if known else None
    if not may_set_caps(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    if request.method == "POST":
        form = CapForm(request.POST, settled=known is not None)
        if form.is_valid() and (answer := _set(request, account, form)) is not None:
            return answer
    else:
        form = CapForm(initial=_initial(request, known, limit), settled=known is not None)
    return _page(request, here, known, limit, form)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Takes a cap away; behind a step-up, after which the page of the cap asks again."""
    account, known = asked_id(request, "account"), _named(request)
    with reading():
        here = account_of(request)
        limit = limit_now(account, *known) if known else None
    if not may_set_caps(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    if known is None or limit is None or here.id is None:
        raise BadInput(_("There is no such cap."))
    require_recent_factor(request, back=cap_url(account, *known))
    try:
        perform(REMOVE, {"account": here.id, "unit": known[0], "period": known[1], "before": limit})
        messages.success(request, _("The cap is removed."))
    except (BadInput, Conflict) as refusal:
        messages.warning(request, str(refusal.detail or refusal.title))
    return redirect(budget_url(account))


def budget_url(account: UUID | None) -> str:
    return reverse("budgets") + (f"?account={account}" if account else "")


def cap_url(account: UUID | None, unit: str = "", period: str = "", **more: Any) -> str:
    """The page of a cap; `limit`: what stands in its field."""
    named = {"account": account, "unit": unit, "period": period, **more}
    return f"{reverse('budget-cap')}?{urlencode({name: value for name, value in named.items() if value})}"


def _named(request: HttpRequest) -> tuple[Unit, Period] | None:
    """Which cap the address names, if it names one."""
    unit, period = request.GET.get("unit", ""), request.GET.get("period", "")
    return (Unit(unit), Period(period)) if unit in Unit.values and period in Period.values else None


def _initial(request: HttpRequest, known: tuple[Unit, Period] | None, limit: int | None) -> dict[str, Any]:
    """What the fields show at first: the cap as it is, or what was typed before a step-up."""
    if known is None:
        return {}
    typed = request.GET.get("limit", "")[:30]
    shown = typed or (as_typed(known[0], limit) if limit is not None else None)
    return {"unit": known[0], "period": known[1], "limit": shown, "before": limit}


def _set(request: HttpRequest, account: UUID | None, form: CapForm) -> HttpResponse | None:
    """Where to go when it is done; None when the form says why not."""
    found = form.cleaned_data
    unit, period, limit, before = found["unit"], found["period"], found["amount"], found["before"]
    again = cap_url(account, unit, period, limit=request.POST["limit"][:30])
    if raises(before, limit):
        require_recent_factor(request, back=again)
    try:
        row = perform(SET, {"account": account, "unit": unit, "period": period, "limit": limit, "before": before})
    except Conflict as refusal:
        if before is None:
            messages.info(request, _("There is such a cap already: this is it."))
            return redirect(again)
        form.refuse(BadInput(refusal.detail or refusal.title))
        return None
    except BadInput as refusal:
        form.refuse(refusal)
        return None
    _say_done(request, row, unit, period, limit)
    return redirect(budget_url(account))


def _say_done(request: HttpRequest, row: Account, unit: str, period: str, limit: int) -> None:
    messages.success(request, _("The cap is set."))
    with reading():
        less = narrower(row.pk, unit, period, limit)
    if less is not None:
        messages.warning(request, _("A budget above it allows less, so that one still counts."))


def _page(
    request: HttpRequest, here: AccountNow, known: tuple[Unit, Period] | None, limit: int | None, form: CapForm
) -> HttpResponse:
    unit = known[0] if known else None
    with reading():
        above: list[Above] = caps_above(here.id, unit) if here.id and unit else []
    context = {
        "here": here,
        "form": form,
        "unit": unit,
        "period": known[1] if known else None,
        "limit": limit,
        "above": above,
        "is_money": unit == Unit.PICO_USD,
        "may_remove": limit is not None and here.id and not (here.kind == Account.Kind.IDENTITY and known in KEPT),
        "back": budget_url(asked_id(request, "account")),
        "query": request.GET.urlencode(),
    }
    return show(request, "governance/budget_cap.html", context, status=400 if form.errors else 200)
