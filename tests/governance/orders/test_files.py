"""Files for people: what was typed is what stands in the spreadsheet and on the page, exactly."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.documents.paper import Paper
from governance.documents.sheet import FORMULA
from governance.models import AuditEntry
from governance.orders.addresses import COUNTRIES, address_lines, countries
from governance.orders.currencies import CODES, amount_text, minor_of, typed_amount
from governance.orders.forms import OrderForm
from governance.orders.sheet import orders_csv
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import counted
from tests.governance.ledger.test_statement import pdf_text
from tests.governance.orders.ordering import EUROS, HOME, ordered

MINOR, CURRENCY = st.integers(1, 10**12), st.sampled_from(sorted(CODES))
LANGUAGE = st.sampled_from(["fr", "en"])


def cells(content: str) -> list[dict[str, str]]:
    assert content.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";"))


def row(**changes: Any) -> Any:
    known = {
        "pk": uuid4(), "payee": "Hydro", "reference": "", "due_date": None, "ordered_at": None, "settled_on": None,
        "iban": "", "bic": "", "institution": "", "transit": "", "account": "",
        "street": "", "building": "", "postcode": "", "town": "", "country": "",
        "get_status_display": lambda: "Brouillon",
    }  # fmt: skip
    return SimpleNamespace(**(known | changes))


@pytest.mark.unit
@settings(deadline=None)
@given(minor=MINOR, currency=CURRENCY, language=LANGUAGE)
def test_an_amount_is_the_same_from_the_form_to_every_file(minor: int, currency: str, language: str) -> None:
    with translation.override(language):
        typed = {"payee": "Hydro", "amount": amount_text(minor, currency)[:-4], "currency": currency}
        form = OrderForm(typed, own="CAD")
        assert form.is_valid(), form.errors
        assert form.params()["amount_minor"] == minor
        told = cells(orders_csv([row(amount_minor=minor, currency=currency)]))[0]
        values = list(told.values())
        assert (values[1], values[3]) == (typed_amount(minor, currency), str(minor))
        assert minor_of(values[1], currency) == minor


@pytest.mark.unit
@settings(max_examples=20, deadline=None)
@given(minor=MINOR, currency=CURRENCY, language=LANGUAGE)
def test_a_page_shows_the_amount_to_the_last_unit(minor: int, currency: str, language: str) -> None:
    with translation.override(language):
        paper = Paper("Ordre", owner="Atelier", region="FR", made=datetime(2026, 11, 20, tzinfo=UTC))
        paper.figure(amount_text(minor, currency))
        assert amount_text(minor, currency).replace("\u00a0", " ") in pdf_text(paper.written())


@pytest.mark.unit
@pytest.mark.parametrize("start", FORMULA)
def test_nothing_that_was_typed_becomes_a_formula(start: str) -> None:
    told = cells(orders_csv([row(payee=f"{start}HYPERLINK()", reference=f"{start}1", amount_minor=1, currency="CAD")]))
    values = list(told[0].values())
    assert values[0] == f"'{start}HYPERLINK()"
    assert values[5] == f"'{start}1"


@pytest.mark.unit
@pytest.mark.parametrize("name", ["Œuvre & Cie – été", "Żółć Łódź", "Ελλάδα", "Иван Петров"])
def test_a_document_keeps_every_letter_of_europe_and_says_its_language(name: str) -> None:
    from pypdf import PdfReader

    with translation.override("fr"):
        paper = Paper("Ordre de paiement", owner=name, region="CA-QC", made=datetime(2026, 11, 20, tzinfo=UTC))
        paper.heading("Ordre de paiement", name)
        paper.grid(["Nom", "Montant"], [(name, "1,00")] * 80, widths=(3, 1))
        content = paper.written()
    found = PdfReader(io.BytesIO(content))
    assert found.trailer["/Root"]["/Lang"] == "fr-CA"
    assert (found.metadata.title, found.metadata.author) == ("Ordre de paiement", name)
    assert len(found.pages) > 1
    assert pdf_text(content).count(name) >= 80
    assert f"Page 2 sur {len(found.pages)}" in pdf_text(content)
    assert round(float(found.pages[0].mediabox.width)) == 612


@pytest.mark.parametrize(("language", "words"), [("fr", "Ordre de paiement"), ("en", "Payment order")])
def test_an_advice_says_what_was_ordered_and_who_agreed(alice: Person, language: str, words: str) -> None:
    order = ordered(alice, due_date=date(2026, 12, 24))
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    answer = alice.post("/orders/export/", {"order": [str(order.pk)], "form": "pdf", "one": "yes"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = pdf_text(answer.content)
    for told in (
        words, EUROS["payee"], EUROS["reference"], "FR14 2004 1010 0505 0001 3M02 606", "Alice", order.pk.hex,
        {"fr": "1 284,30 EUR", "en": "1,284.30 EUR"}[language],
        {"fr": "24 décembre 2026", "en": "December 24, 2026"}[language],
    ):  # fmt: skip
        assert told in text
    with alice.looking():
        entry = AuditEntry.objects.latest_first()[0]
    assert (entry.action, entry.effect) == ("governance.order.export", "READ")


def test_a_file_costs_the_same_for_one_order_and_for_three(alice: Person) -> None:
    rows = [ordered(alice, amount_minor=number) for number in (1, 2, 3)]
    costs = []
    alice.post("/orders/export/", {"order": [str(rows[0].pk)], "form": "pdf"})
    for chosen in (rows[:1], rows):
        with counted() as queries:
            alice.post("/orders/export/", {"order": [str(each.pk) for each in chosen], "form": "pdf"})
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_files_come_in_the_order_that_was_asked_for(alice: Person) -> None:
    first, second = ordered(alice, amount_minor=1), ordered(alice, amount_minor=2)
    with alice.acting():
        found = perform("governance.order.export", {"orders": [second.pk, first.pk], "form": "csv"})
    assert found == [second, first]


@pytest.mark.parametrize(
    ("home", "lines"),
    [
        (HOME, ["12 bis Rue de l’Écluse", "69001 Lyon", "France"]),
        (HOME | {"country": "DE"}, ["Rue de l’Écluse 12 bis", "69001 Lyon", "Allemagne"]),
        (HOME | {"country": "CA", "building": ""}, ["Rue de l’Écluse", "Lyon 69001", "Canada"]),
        (dict.fromkeys(HOME, ""), []),
        (dict.fromkeys(HOME, "") | {"town": "Oslo", "country": "NO"}, ["Oslo", "Norvège"]),
    ],
)
@pytest.mark.unit
def test_an_address_is_written_as_on_an_envelope(home: dict[str, str], lines: list[str]) -> None:
    with translation.override("fr"):
        assert address_lines(SimpleNamespace(**home)) == lines


def test_the_address_is_in_the_files(alice: Person) -> None:
    order = ordered(alice, **HOME | {"street": "=SUM(A1)"})
    told = alice.post("/orders/export/", {"order": [str(order.pk)], "form": "csv"}).content.decode()
    (line,) = cells(told)
    assert [value for value in line.values() if value][-8:-3] == ["'=SUM(A1)", "12 bis", "69001", "Lyon", "FR"]
    pdf = alice.post("/orders/export/", {"order": [str(order.pk)], "form": "pdf"}).content
    assert "69001 Lyon, France" in pdf_text(pdf).replace("\n", " ")


@pytest.mark.unit
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_country_has_a_name(language: str) -> None:
    with translation.override(language):
        found = countries()
    assert {code for code, _name in found} == COUNTRIES
    assert all(name != code for code, name in found)
    assert [code for code, _name in found][:2] == ["CA", "FR"]
