"""Payment orders as a document: one page each, with what was ordered and who agreed to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from governance.checkpoints.models import Vote
from governance.documents.paper import Paper
from governance.isolation.context import current
from governance.orders.accounts import spaced
from governance.orders.addresses import address_lines
from governance.orders.currencies import amount_text, in_french
from governance.orders.models import PaymentOrder
from governance.people.models import Identity


def orders_pdf(orders: list[PaymentOrder]) -> bytes:
    """Inside a transaction; two queries, however many orders."""
    owner = Identity.objects.get(pk=current().identity_id)
    agreed = agreed_to([order.checkpoint_id for order in orders if order.checkpoint_id])
    title = _("Payment order") if len(orders) == 1 else _("Payment orders")
    paper = Paper(title, owner=owner.name, region=owner.region, made=timezone.now())
    for place, order in enumerate(orders):
        if place:
            paper.add_page()
        _page(paper, order, owner.name, agreed.get(order.checkpoint_id, []))
    return paper.written()


def _page(paper: Paper, order: PaymentOrder, owner: str, agreed: list[str]) -> None:
    paper.heading(_("Payment order"), owner)
    paper.figure(amount_text(order.amount_minor, order.currency))
    paper.facts(
        [
            (_("Payee"), order.payee),
            (_("Address"), ", ".join(address_lines(order))),
            ("IBAN", spaced(order.iban)),
            ("BIC", order.bic),
            (_("Canadian account"), canadian(order)),
            (_("Reference"), order.reference),
            (_("Due"), day(order.due_date)),
            (pgettext("payment order", "State"), str(order.get_status_display())),
            (_("Ordered on"), day(order.ordered_at)),
            (_("Approved by"), ", ".join(agreed)),
            (_("Settled on"), day(order.settled_on)),
            (_("Number"), order.pk.hex),
        ]
    )
    paper.ln(4)
    paper.paragraph(_("CHE·NU orders and records; it does not move money."), quiet=True)


def canadian(order: Any) -> str:
    """“006-00011 7654321”: institution, transit and number; '' without one."""
    return f"{order.institution}-{order.transit} {order.account}" if order.account else ""


def agreed_to(questions: list[UUID]) -> dict[UUID | None, list[str]]:
    """Who said yes to each question; one query."""
    found: dict[UUID | None, list[str]] = {}
    votes = Vote.objects.filter(checkpoint_id__in=questions, decision=Vote.Decision.APPROVE).order_by("id")
    for vote in votes if questions else []:
        found.setdefault(vote.checkpoint_id, []).append(vote.person_name)
    return found


def day(value: date | datetime | None) -> str:
    """“20 novembre 2026”; '' for none."""
    if value is None:
        return ""
    local = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return str(format_date(local, "long", locale="fr_CA" if in_french() else "en_CA"))
