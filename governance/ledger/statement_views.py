"""`/statements/`: a month and what it has cost, as a page and as a file for a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from governance.access.showing import asked_id, names_of, show
from governance.documents.sheet import as_csv, plain
from governance.errors import NotThere
from governance.isolation.context import current, reading
from governance.ledger.amounts import usd_text
from governance.ledger.statement import Line, Statement, may_see, months, statement_of, this_month
from governance.ledger.statement_pdf import as_pdf, name_of
from governance.people.models import Membership
from governance.people.policies import MANAGERS, may_read
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

DOWNLOAD = "governance.statement.download"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
MOST_MEMBERS = 200


class OneStatement(Params):
    """`member` null: everybody's."""

    month: date
    member: UUID | None = None


@action(
    DOWNLOAD,
    Effect.READ,
    params=OneStatement,
    policy=lambda actor, params: may_read(actor) and may_see(actor, getattr(params, "member", None)),
    label=gettext_lazy("Download a monthly statement"),
)
def download(uow: UnitOfWork, params: OneStatement) -> None:
    """Puts it on record that the figures leave as a file."""


@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    """One month; the latest unless `?month=` names another, everybody's unless `?member=` names one."""
    month, member = _asked(request)
    with reading():
        found = statement_of(month, member)
        known = months()
        manages = current().role in MANAGERS
        people = _people() if manages else []
    context = {"found": found, "months": sorted({*known, month}, reverse=True), "people": people, "manages": manages}
    return show(request, "governance/statements.html", context)


@require_POST
def statement_csv(request: HttpRequest) -> HttpResponse:
    """The same figures, to the last digit; on record before the first byte."""
    month, member = _asked(request)
    return as_file(downloaded(month, member), "csv")


@require_POST
def statement_pdf(request: HttpRequest) -> HttpResponse:
    """The same figures to print and to keep; on record likewise."""
    month, member = _asked(request)
    return as_file(downloaded(month, member), "pdf")


def downloaded(month: date, member: UUID | None) -> Statement:
    """The statement, once it is on record that it leaves."""
    perform(DOWNLOAD, {"month": month, "member": member})
    with reading():
        return statement_of(month, member)


def as_file(found: Statement, form: str) -> HttpResponse:
    if form == "csv":
        answer = HttpResponse(as_csv(rows_of(found)), content_type="text/csv; charset=utf-8")
    else:
        with reading():
            answer = HttpResponse(as_pdf(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="chenu-{found.month:%Y-%m}.{form}"'
    return answer


def rows_of(found: Statement) -> Iterator[list[Any]]:
    """Every line and the sum, to the last digit; a name never becomes a formula."""
    yield [_("Divided by"), _("Name"), _("Calls"), _("Tokens"), "pico-USD", "USD"]
    for part in found.parts:
        for line in part.lines:
            yield [part.label, plain(name_of(line)), *_figures(line)]
    yield [_("Total"), "", *_figures(found.total)]


def _figures(line: Line) -> list[Any]:
    return [line.calls, line.tokens, line.pico_usd, usd_text(line.pico_usd).removesuffix(" USD")]


def month_of(text: str) -> date:
    """The first day of “2026-11”; raises NotThere for what is no month."""
    if not MONTH.fullmatch(text):
        raise NotThere()
    return date.fromisoformat(f"{text}-01")


def _asked(request: HttpRequest) -> tuple[date, UUID | None]:
    with reading():
        month = month_of(request.GET["month"]) if request.GET.get("month") else this_month()
    member = asked_id(request, "member")
    return month, member or (None if current().role in MANAGERS else current().person_id)


def _people() -> list[tuple[UUID, str]]:
    """The members one can choose."""
    rows = Membership.objects.filter(identity_id=current().identity_id).values_list("user_id", flat=True)
    named: dict[Any, str] = names_of(rows[:MOST_MEMBERS])
    return sorted(named.items(), key=lambda one: one[1].casefold())
