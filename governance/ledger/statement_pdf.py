"""The monthly statement as a document to print and keep."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from governance.access.showing import names_of
from governance.documents.paper import Paper
from governance.isolation.context import current
from governance.ledger.amounts import usd_text
from governance.ledger.statement import Line, Statement
from governance.people.models import Identity

NBSP = "\N{NO-BREAK SPACE}"
WIDTHS, ALIGN = (8, 2, 3, 4), ("LEFT", "RIGHT", "RIGHT", "RIGHT")


def as_pdf(found: Statement) -> bytes:
    """The figures of the page and of the file for spreadsheets, inside a transaction."""
    owner = Identity.objects.get(pk=current().identity_id)
    title = _("Statement of %(month)s") % {"month": month_words(found.month)}
    paper = Paper(title, owner=owner.name, region=owner.region, made=timezone.now())
    paper.heading(title, owner.name)
    paper.facts(
        [
            (_("Member"), names_of([found.member]).get(found.member, "") if found.member else _("Everybody")),
            (_("Calls"), count(found.total.calls)),
            (_("Tokens"), count(found.total.tokens)),
            (_("Cost"), money(found.total.pico_usd)),
        ]
    )
    paper.ln(3)
    paper.paragraph(_("Days begin at midnight, universal time (UTC)."), quiet=True)
    head = [_("Name"), _("Calls"), _("Tokens"), _("Cost")]
    for part in found.parts if found.total.calls else []:
        paper.section(str(part.label))
        rows = [[name_of(line), count(line.calls), count(line.tokens), money(line.pico_usd)] for line in part.lines]
        paper.grid(head, rows, widths=WIDTHS, align=ALIGN)
    if not found.total.calls:
        paper.paragraph(_("Nothing was used in this month."))
    return paper.written()


def name_of(line: Line) -> str:
    return line.name or (_("all others") if line.rest else _("not attributed"))


def month_words(month: date) -> str:
    return str(format_date(month, "MMMM y", locale="fr_CA" if in_french() else "en_CA"))


def count(number: int) -> str:
    """With the thousands set apart, as on the page."""
    return f"{number:,}".replace(",", NBSP)


def money(pico: int) -> str:
    """Every digit there is, in the reader's way of writing."""
    text = usd_text(pico).removesuffix(" USD")
    return f"{text.replace('.', ',')}{NBSP}$ US".replace(" ", NBSP) if in_french() else f"US${text}"


def in_french() -> bool:
    return (get_language() or "fr").startswith("fr")
