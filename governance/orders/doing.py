"""What the buttons of payment orders do: each is a form of its own, and answers with a page or a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.access.showing import show
from governance.errors import BadInput, Conflict
from governance.orders.ending import CANCEL, SETTLE, WITHDRAW
from governance.orders.exporting import MOST
from governance.orders.files import FORMS, orders_file
from governance.orders.forms import SettleForm
from governance.orders.submitting import submit as ask
from governance.orders.views import check_may, look, shown
from governance.perform import perform


@require_POST
def submit(request: HttpRequest, order: UUID) -> HttpResponse:
    """Leads to the page that shows exactly what would be ordered."""
    look(order)
    try:
        ask(order)
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    return redirect("order-detail", order)


@require_POST
def withdraw(request: HttpRequest, order: UUID) -> HttpResponse:
    if carry_out(request, order, WITHDRAW):
        messages.success(request, _("It is a draft again."))
    return redirect("order-detail", order)


@require_POST
def cancel(request: HttpRequest, order: UUID) -> HttpResponse:
    if carry_out(request, order, CANCEL):
        messages.success(request, _("Cancelled. It stays on record."))
    return redirect("order-detail", order)


@require_POST
def settle(request: HttpRequest, order: UUID) -> HttpResponse:
    row, form = look(order), SettleForm(request.POST)
    if form.is_valid():
        try:
            perform(SETTLE, {"order": order, "on": form.cleaned_data["on"]})
            messages.success(request, _("Settled."))
            return redirect("order-detail", order)
        except BadInput as refusal:
            form.refuse(refusal)
        except Conflict as refusal:
            messages.warning(request, str(refusal.detail))
            return redirect("order-detail", order)
    return show(request, "orders/order.html", shown(row, form), status=400)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The orders that are ticked, as the file of the button; back to where they were when it cannot be made."""
    check_may()
    wanted, form = ids_of(request.POST.getlist("order")), request.POST.get("form", "")
    back = redirect("order-detail", wanted[0]) if request.POST.get("one") and wanted else redirect("orders")
    if not wanted or len(wanted) > MOST or form not in FORMS:
        messages.warning(request, _("Choose the orders first."))
        return back
    try:
        return orders_file(wanted, form, again=request.POST.get("again") == "yes")
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
        return back


def ids_of(texts: list[str]) -> list[UUID]:
    """The ids among them."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def carry_out(request: HttpRequest, order: UUID, name: str, **params: Any) -> Any:
    """The result; None when the order was further along, which is then said."""
    look(order)
    try:
        return perform(name, {"order": order, **params})
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
        return None
