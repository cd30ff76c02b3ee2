"""`/orders/` and the pages of a payment order (design 3.8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.access.showing import names_of, show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, CheckpointRequired, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.orders.accounts import spaced
from governance.orders.addresses import address_lines
from governance.orders.advice import agreed_to, canadian
from governance.orders.drafting import CREATE, UPDATE
from governance.orders.exporting import why_not
from governance.orders.forms import OrderForm, PayingForm, SettleForm
from governance.orders.models import PayingAccount, PaymentOrder
from governance.orders.paying import SET_ACCOUNT
from governance.orders.policies import may_keep_orders, may_set_account
from governance.orders.reading import line, order_list
from governance.orders.submitting import submit
from governance.people.models import Identity
from governance.perform import perform

Status = PaymentOrder.Status


@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """The newest first; `?state=`, `?currency=` and `?due=` narrow them."""
    check_may()
    with reading():
        context = {**order_list(request), "sets_account": may_set_account(current())}
    return show(request, "orders/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    check_may()
    with reading():
        form = OrderForm(request.POST if request.method == "POST" else None, own=own_currency())
    if request.method == "POST" and form.is_valid() and (row := _saved(form, CREATE)):
        return after(request, row)
    return show(request, "orders/edit.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, order: UUID) -> HttpResponse:
    """A draft, to be changed; what is further along is shown instead."""
    row = look(order)
    if row.status != Status.DRAFT:
        messages.info(request, _("Only a draft can be changed."))
        return redirect("order-detail", order)
    with reading():
        form = OrderForm.of(row, request.POST if request.method == "POST" else None, own=own_currency())
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"]
        if saved := _saved(form, UPDATE, order=order, version=seen):
            return after(request, saved)
    return show(request, "orders/edit.html", {"form": form, "order": row}, status=400 if form.errors else 200)


def _saved(form: OrderForm, name: str, **more: Any) -> PaymentOrder | None:
    """The order; None when the action found something wrong, which then stands in the form."""
    try:
        row: PaymentOrder = perform(name, {**form.params(), **more})
    except (BadInput, Conflict) as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
        return None
    return row


def after(request: HttpRequest, row: PaymentOrder) -> HttpResponse:
    """To the approval when that was asked for, else to the order's page."""
    if request.POST.get("then") == "submit":
        try:
            submit(row.pk)
        except CheckpointRequired as stopped:
            return redirect("approval-detail", stopped.checkpoint["id"])
    messages.success(request, _("Saved as a draft."))
    return redirect("order-detail", row.pk)


@require_safe
def detail(request: HttpRequest, order: UUID) -> HttpResponse:
    row = look(order)
    return show(request, "orders/order.html", shown(row, SettleForm(initial={"on": timezone.localdate()})))


def shown(row: PaymentOrder, settle: SettleForm) -> dict[str, Any]:
    """What the page of one order shows."""
    with reading():
        payer = PayingAccount.objects.first() if row.status == Status.ORDERED else None
        agreed = agreed_to([row.checkpoint_id]) if row.ordered_at and row.checkpoint_id else {}
        names = names_of([row.person_id])
    return {
        "order": row,
        "line": line(row, timezone.localdate()),
        "who": names.get(row.person_id, ""),
        "iban": spaced(row.iban),
        "canadian": canadian(row),
        "address": address_lines(row),
        "agreed": agreed.get(row.checkpoint_id, []),
        "payer": payer,
        "unfit": why_not(row, payer, again=True) if payer else "",
        "settle": settle,
        "sets_account": may_set_account(current()),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The account that is paid from; its page is only for who may change it."""
    if not may_set_account(current()):
        raise NotAllowed(_("Only owners and administrators of this identity say which account is paid from."))
    require_recent_factor(request, back=request.path)
    with reading():
        row = PayingAccount.objects.first()
    form = PayingForm.of(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            perform(SET_ACCOUNT, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("orders")
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
    return show(request, "orders/account.html", {"form": form}, status=400 if form.errors else 200)


def look(order: UUID) -> PaymentOrder:
    """The order of the address; raises NotAllowed for who only looks on."""
    with reading():
        row: PaymentOrder = find(PaymentOrder.objects, order)
    check_may()
    return row


def check_may() -> None:
    if not may_keep_orders(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


def own_currency() -> str:
    return Identity.objects.get(pk=current().identity_id).currency
