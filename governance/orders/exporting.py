"""Orders as files: for people and their books (read), and for a bank (noted on each order)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from uuid_utils.compat import uuid7

from governance.errors import Conflict
from governance.isolation.lookup import refusal
from governance.orders.accounts import SEPA
from governance.orders.addresses import ADDRESS
from governance.orders.bank_text import loses_letters
from governance.orders.days import day_of
from governance.orders.models import PayingAccount, PaymentOrder
from governance.orders.pain import Message
from governance.orders.policies import may_keep_orders
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

EXPORT, FILE = "governance.order.export", "governance.order.file"
MOST = 200
MOST_SEPA_MINOR = 99_999_999_999  # 999 999 999.99 €, the scheme's own limit
Status = PaymentOrder.Status


class SomeOrders(Params):
    orders: list[UUID] = Field(min_length=1, max_length=MOST)


class ExportOrders(SomeOrders):
    form: Literal["csv", "pdf"]


@action(EXPORT, Effect.READ, params=ExportOrders, policy=may_keep_orders, label=_("Download payment orders"))
def export(uow: UnitOfWork, params: ExportOrders) -> list[PaymentOrder]:
    """Puts it on record that they leave as a file, before the first byte; returns them in the order asked for."""
    return find_all(params.orders)


class FileOrders(SomeOrders):
    """`again`: also those that stood in such a file already."""

    again: bool = False


@action(FILE, Effect.UPDATE, params=FileOrders, policy=may_keep_orders, label=_("Write a file for the bank"))
def write_file(uow: UnitOfWork, params: FileOrders) -> Message:
    """What the bank is to be told, noted on each order. Raises Conflict naming what cannot stand in such a file.

    A file orders nothing new: each order in it was approved, to the account that stands in it.
    """
    rows = find_all(params.orders, lock=True)
    payer = PayingAccount.objects.first()
    check_all(rows, payer, again=params.again)
    message = Message(uuid7().hex, timezone.now(), day_of(uow.person), payer, rows)
    for row in rows:
        row.message_id, row.filed_at = message.message_id, message.created
        uow.change(row, "message_id", "filed_at")
        uow.announce("payment.filed", row.pk)
    uow.tell(message=message.message_id)
    return message


def find_all(wanted: list[UUID], *, lock: bool = False) -> list[PaymentOrder]:
    """Those orders, each once, or the refusal of the first that is not here."""
    rows = PaymentOrder.objects.filter(pk__in=wanted).order_by("id")
    found = {row.pk: row for row in (rows.select_for_update() if lock else rows)}
    for pk in wanted:
        if pk not in found:
            raise refusal(PaymentOrder, pk)
    return [found[pk] for pk in dict.fromkeys(wanted)]


def check_all(rows: list[PaymentOrder], payer: PayingAccount | None, *, again: bool) -> None:
    """Raises Conflict `not_fileable`: the first reason as a sentence, all of them by order."""
    if payer is None:
        raise Conflict("no_paying_account", _("Say first which account is paid from."))
    if len({row.currency for row in rows}) > 1:
        raise Conflict("not_fileable", _("One file holds one currency: choose orders of the same one."))
    reasons = {row: why for row in rows if (why := why_not(row, payer, again=again))}
    if reasons:
        row, why = next(iter(reasons.items()))
        raise Conflict(
            "already_filed" if set(reasons.values()) == {FILED} else "not_fileable",
            gettext("%(payee)s: %(reason)s") % {"payee": row.payee, "reason": why},
            orders=[{"id": str(row.pk), "reason": str(why)} for row, why in reasons.items()],
        )


FILED = _("this order stood in a file for the bank already, and could be paid twice.")


def why_not(row: PaymentOrder, payer: PayingAccount, *, again: bool = False) -> str | Promise:
    """Why an order cannot stand in a file for the bank; '' when it can."""
    checks: list[tuple[Callable[[], bool], str | Promise]] = [
        (lambda: row.status == Status.ORDERED, gettext_lazy("only what was approved, and is not paid, leaves.")),
        (lambda: again or row.filed_at is None, FILED),
        *(_euros if row.currency == "EUR" else _canada if row.currency == "CAD" else _others)(row, payer),
        (
            lambda: not loses_letters(row.payee),
            gettext_lazy("this name has letters that banks do not accept: write it in Latin letters."),
        ),
        (
            lambda: not any(loses_letters(part) for name in ADDRESS if (part := getattr(row, name))),
            gettext_lazy("this address has letters that banks do not accept: write it in Latin letters."),
        ),
        (
            lambda: not loses_letters(payer.holder),
            gettext_lazy("the name of the paying account has letters that banks do not accept."),
        ),
    ]
    return next((why for holds, why in checks if not holds()), "")


def _euros(row: PaymentOrder, payer: PayingAccount) -> list[Any]:
    return [
        (lambda: payer.iban[:2] in SEPA, gettext_lazy("the paying account has no IBAN of the SEPA area.")),
        (lambda: row.iban[:2] in SEPA, gettext_lazy("it lacks the payee's IBAN, of the SEPA area.")),
        (lambda: row.amount_minor <= MOST_SEPA_MINOR, gettext_lazy("SEPA takes 999,999,999.99 euros at most.")),
    ]


def _canada(row: PaymentOrder, payer: PayingAccount) -> list[Any]:
    return [
        (lambda: bool(payer.account), gettext_lazy("the paying account has no Canadian account number.")),
        (lambda: bool(row.account), gettext_lazy("it lacks the payee's Canadian account.")),
    ]


def _others(_row: PaymentOrder, _payer: PayingAccount) -> list[Any]:
    return [(lambda: False, gettext_lazy("files for the bank are made in euros and Canadian dollars."))]
