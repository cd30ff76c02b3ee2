"""`/budgets/raise/`: ask for more, where a budget has refused or is about to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.access.showing import asked_id, show
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.ledger.caps_views import budget_url
from governance.ledger.forms import RaiseForm, as_typed
from governance.ledger.models import PICO_PER_USD, Account, Unit
from governance.ledger.raising import may_ask
from governance.ledger.tree import AccountNow, CapNow
from governance.ledger.views import above, account_of
from governance.perform import perform
from governance.rules.system import RAISE

Choice = tuple[UUID | None, CapNow]


@require_http_methods(["GET", "HEAD", "POST"])
def raise_budget(request: HttpRequest) -> HttpResponse:
    """The caps of `?account=` (or of the budget of `?thread=`) and of those above it; POST asks to raise one."""
    if not may_ask(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    with reading():
        here = _here(request)
        known = choices(here)
    words = [(key, _said(account, cap)) for key, (account, cap) in known.items()]
    form = RaiseForm(request.POST or None, caps=words, initial={"cap": _tightest(known)})
    if request.method == "POST" and form.is_valid():
        _ask(form, {key: (account.id, cap) for key, (account, cap) in known.items()})
    context = {"here": here, "form": form, "back": budget_url(here.id if here.parent else None)}
    return show(request, "governance/budget_raise.html", context, status=400 if form.errors else 200)


def _here(request: HttpRequest) -> AccountNow:
    """A thread whose first request was refused has no budget of its own yet: then the identity's."""
    thread = asked_id(request, "thread")
    if thread is None:
        return account_of(request)
    found = Account.objects.filter(kind=Account.Kind.THREAD, ref=str(thread)).values_list("pk", flat=True).first()
    return account_of(request, found)


def choices(here: AccountNow) -> dict[str, tuple[AccountNow, CapNow]]:
    """Every cap on the way up, the nearest first."""
    way = [here, *reversed(above(here))]
    return {f"{one.id or ''} {cap.unit} {cap.period}": (one, cap) for one in way for cap in one.caps}


def _tightest(known: dict[str, tuple[AccountNow, CapNow]]) -> str:
    """The one that refuses first."""
    return max(known, key=lambda key: known[key][1].percent, default="")


def _said(account: AccountNow, cap: CapNow) -> str:
    """“Identity: 100,000 tokens per month, 12% used”."""
    unit = str(Unit(cap.unit).label)
    limit = number_format(as_typed(cap.unit, cap.limit), force_grouping=True)
    words = {"budget": account.name or capfirst(account.kind_words), "limit": limit, "unit": unit, "per": cap.per_words}
    return _("%(budget)s: %(limit)s %(unit)s %(per)s, %(percent)s%% used") % {**words, "percent": cap.percent}


def _ask(form: RaiseForm, known: dict[str, Choice]) -> None:
    """Raises CheckpointRequired, which leads to the question; returns when the form says why not."""
    account, cap = known[form.cleaned_data["cap"]]
    typed = form.cleaned_data["limit"]
    whole = typed * PICO_PER_USD if cap.unit == Unit.PICO_USD else typed
    if whole != whole.to_integral_value():
        form.add_error("limit", _("A whole number of tokens."))
        return
    params: dict[str, Any] = {"account": account, "unit": cap.unit, "period": cap.period, "before": cap.limit}
    try:
        perform(RAISE, {**params, "limit": int(whole), "reason": form.cleaned_data["reason"]})
    except (BadInput, Conflict) as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail or refusal.title))
