"""`/statements/`: a month and what it has cost, as a page and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from governance.access.showing import asked_id, names_of, show
from governance.errors import NotThere
from governance.isolation.context import current, reading
from governance.ledger.amounts import usd_text
from governance.ledger.statement import Statement, may_see, months, statement_of, this_month
from governance.people.models import Membership
from governance.people.policies import MANAGERS, may_read
from governance.perform import perform
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

DOWNLOAD = "governance.statement.download"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
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
    perform(DOWNLOAD, {"month": month, "member": member})
    with reading():
        found = statement_of(month, member)
    answer = HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="chenu-{month:%Y-%m}.csv"'
    return answer


def as_csv(found: Statement) -> str:
    """With the mark by which spreadsheets know UTF-8; a name never becomes a formula."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow([_("Divided by"), _("Name"), _("Calls"), _("Tokens"), "pico-USD", "USD"])
    for part in found.parts:
        for line in part.lines:
            name = line.name or (_("all others") if line.rest else _("not attributed"))
            sums = [line.calls, line.tokens, line.pico_usd, usd_text(line.pico_usd).removesuffix(" USD")]
            rows.writerow([part.label, plain(name), *sums])
    total = found.total
    sums = [total.calls, total.tokens, total.pico_usd, usd_text(total.pico_usd).removesuffix(" USD")]
    rows.writerow([_("Total"), "", *sums])
    return "\ufeff" + file.getvalue()


def plain(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name


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
