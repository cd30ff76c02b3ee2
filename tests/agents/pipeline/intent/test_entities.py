"""What lane A finds in a request (design 4.1)."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipeline.intent.amounts import minor_units
from agents.pipeline.intent.analyse import analyse
from agents.pipeline.intent.entities import MAX_OF_A_KIND, Entities

FRIDAY = date(2026, 11, 20)


def found(text: str, *, today: date = FRIDAY, language: str = "fr", sphere: str = "business") -> Entities:
    return analyse(text, default_language=language, today=today, sphere=sphere).entities


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        ("aujourd'hui", "aujourd'hui", date(2026, 11, 20)),
        ("aujourd’hui", "aujourd’hui", date(2026, 11, 20)),
        ("appelle demain", "demain", date(2026, 11, 21)),
        ("après-demain", "après-demain", date(2026, 11, 22)),
        ("la réunion d'hier", "hier", date(2026, 11, 19)),
        ("avant-hier", "avant-hier", date(2026, 11, 18)),
        ("see you tomorrow", "tomorrow", date(2026, 11, 21)),
        ("the day after tomorrow", "day after tomorrow", date(2026, 11, 22)),
        ("notre rendez-vous de mardi", "mardi", date(2026, 11, 24)),
        ("mardi prochain", "mardi prochain", date(2026, 11, 24)),
        ("vendredi", "vendredi", date(2026, 11, 27)),
        ("mardi dernier", "mardi dernier", date(2026, 11, 17)),
        ("vendredi passé", "vendredi passé", date(2026, 11, 13)),
        ("next Monday", "next Monday", date(2026, 11, 23)),
        ("last Friday", "last Friday", date(2026, 11, 13)),
        ("le 3 mars 2027", "3 mars 2027", date(2027, 3, 3)),
        ("le 1er mars", "1er mars", date(2027, 3, 1)),
        ("mardi le 3 mars 2027", "mardi le 3 mars 2027", date(2027, 3, 3)),
        ("le 20 novembre", "20 novembre", date(2026, 11, 20)),
        ("le 19 novembre", "19 novembre", date(2027, 11, 19)),
        ("le 29 février", "29 février", date(2028, 2, 29)),
        ("on March 3rd, 2027", "March 3rd, 2027", date(2027, 3, 3)),
        ("the 3rd of March", "3rd of March", date(2027, 3, 3)),
        ("Friday, March 5", "Friday, March 5", date(2027, 3, 5)),
        ("le 2027-03-03 au matin", "2027-03-03", date(2027, 3, 3)),
        ("le 03/04/2027", "03/04/2027", date(2027, 4, 3)),
        ("dans 3 jours", "dans 3 jours", date(2026, 11, 23)),
        ("dans deux semaines", "dans deux semaines", date(2026, 12, 4)),
        ("in 3 months", "in 3 months", date(2027, 2, 20)),
        ("il y a 3 jours", "il y a 3 jours", date(2026, 11, 17)),
        ("3 days ago", "3 days ago", date(2026, 11, 17)),
    ],
)
def test_a_date_is_found_as_written_with_its_day(text: str, written: str, value: date) -> None:
    assert [(item.text, item.value) for item in found(text).dates] == [(written, value)]


def test_slashes_are_month_first_in_english_unless_that_is_no_month() -> None:
    dates = found("pay the rent due on 03/04/2027 and the one due on 25/04/2027", language="en").dates
    assert [item.value for item in dates] == [date(2027, 3, 4), date(2027, 4, 25)]


def test_months_end_where_they_end() -> None:
    assert [item.value for item in found("dans 1 mois", today=date(2027, 1, 31)).dates] == [date(2027, 2, 28)]


@pytest.mark.parametrize(
    "text",
    [
        "31 février",
        "2027-13-01",
        "2027-02-30",
        "0 mars",
        "la planète Mars",
        "en mai",
        "« mardi »",
        "31/02/2027",
        "12027-03-03",
    ],
)
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert found(text).dates == ()


@pytest.mark.parametrize(
    ("text", "written", "cents", "currency"),
    [
        ("1 284,30 $", "1 284,30 $", 128430, ""),
        ("1\u00a0284,30\u00a0$", "1\u00a0284,30\u00a0$", 128430, ""),
        ("$12.50", "$12.50", 1250, ""),
        ("$1,284.30", "$1,284.30", 128430, ""),
        ("50 €", "50 €", 5000, "EUR"),
        ("50€", "50€", 5000, "EUR"),
        ("12,5 €", "12,5 €", 1250, "EUR"),
        ("1 000 000 $", "1 000 000 $", 100000000, ""),
        ("20 CAD", "20 CAD", 2000, "CAD"),
        ("20 $ CA", "20 $ CA", 2000, "CAD"),
        ("US$20", "US$20", 2000, "USD"),
        ("20 $ US", "20 $ US", 2000, "USD"),
        ("20 dollars", "20 dollars", 2000, ""),
        ("20 euros", "20 euros", 2000, "EUR"),
        ("CAD 50 $", "CAD 50", 5000, "CAD"),
        ("$50 CAD", "$50 CAD", 5000, "CAD"),
        ("£20", "£20", 2000, "GBP"),
        ("coûte 84,20 $.", "84,20 $", 8420, ""),
        ("coûte 84 $, oui", "84 $", 8400, ""),
    ],
)
def test_an_amount_is_found_in_cents(text: str, written: str, cents: int, currency: str) -> None:
    amounts = [(item.text, item.minor_units, item.currency) for item in found(text).amounts]
    assert amounts == [(written, cents, currency)]


@pytest.mark.parametrize("text", ["2043", "20 degrés", "$", "« 50 $ »", "v2$x", "20 CADEAUX"])
def test_a_number_without_money_is_no_amount(text: str) -> None:
    assert found(text).amounts == ()


@given(st.integers(min_value=0, max_value=10**12 - 1), st.integers(min_value=0, max_value=99))
def test_the_same_amount_in_both_notations_is_the_same_number(units: int, cents: int) -> None:
    english, french = f"{units:,}.{cents:02d}", f"{units:,}".replace(",", " ") + f",{cents:02d}"
    assert minor_units(english) == minor_units(french) == units * 100 + cents


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Envoie la note à Paul", ["Paul"]),
        ("Envoie la note à Paul et Marie", ["Paul", "Marie"]),
        ("Envoie la note à Jean-Paul Roy, demain", ["Jean-Paul Roy"]),
        ("Écris à M. Roy", ["M. Roy"]),
        ("Une note pour Marie Tremblay", ["Marie Tremblay"]),
        ("Send it to Mary Smith for Bob", ["Mary Smith", "Bob"]),
        ("ENVOIE LA NOTE A PAUL POUR MARIE", ["PAUL", "MARIE"]),
        ("à mardi", []),
        ("to Monday", []),
        ("à la maison", []),
        ("Transfère la note à Entreprises", []),
        ("« à Paul »", []),
    ],
)
def test_people_are_capitalised_names_after_a_preposition(text: str, people: list[str]) -> None:
    assert [person.text for person in found(text).people] == people


@pytest.mark.parametrize(
    ("text", "emails", "urls"),
    [
        ("écris à paul@example.com.", ["paul@example.com"], []),
        ("p.roy+x@mail.example.co.uk, merci", ["p.roy+x@mail.example.co.uk"], []),
        ("voir https://example.com/a?b=c@d.co.", [], ["https://example.com/a?b=c@d.co"]),
        ("(www.example.com)", [], ["www.example.com"]),
        ("a@b, @paul, x@y.z", [], []),
    ],
)
def test_addresses_are_found_without_the_marks_around_them(text: str, emails: list[str], urls: list[str]) -> None:
    entities = found(text)
    assert [item.text for item in entities.emails] == emails
    assert [item.text for item in entities.urls] == urls


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("supprime la note Facture", "note", "Facture"),
        ("supprime la note « Vieux plan »", "note", "Vieux plan"),
        ("supprime la note “Vieux plan”", "note", "Vieux plan"),
        ("supprime la note intitulée Vieux Plan", "note", "Vieux Plan"),
        ("supprime la facture numéro 2043", "invoice", "2043"),
        ("supprime le fichier plan_v2.pdf", "file", "plan_v2.pdf"),
        ("delete the Budget note", "note", "Budget"),
        ('delete the "Budget" note', "note", "Budget"),
        ("supprime le bail Tremblay", "lease", "Tremblay"),
        ("supprime Facture", "invoice", "Facture"),
        ("supprime Zanzibar", "", "Zanzibar"),
        ("SUPPRIME NOTE", "note", ""),
        ("supprime la note", "note", ""),
        ("supprime la facture de 84,20 $", "invoice", ""),
        ("supprime la note Mardi", "note", ""),
    ],
)
def test_an_object_has_its_kind_and_its_name(text: str, kind: str, name: str) -> None:
    assert [(item.kind, item.name) for item in found(text).objects] == [(kind, name)]


def test_a_sphere_knows_its_own_things() -> None:
    assert [item.kind for item in found("montre le bail", sphere="business").objects] == ["lease"]
    assert found("montre le bail", sphere="scholar").objects == ()
    assert [item.kind for item in found("montre la note", sphere="no such sphere").objects] == ["note"]


def test_plurals_are_known() -> None:
    objects = found("supprime les notes et les baux").objects
    assert [(item.kind, item.is_plural) for item in objects] == [("note", True), ("lease", True)]


def test_a_list_of_names_is_several_objects() -> None:
    objects = found("supprime les notes « A », « B » et « C »").objects
    assert [item.name for item in objects] == ["A", "B", "C"]


@given(st.text(max_size=200))
def test_offsets_point_at_what_is_written(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    entities = found(text)
    items = (
        *entities.dates,
        *entities.amounts,
        *entities.emails,
        *entities.urls,
        *entities.people,
        *entities.objects,
    )
    assert [item for item in items if normal[item.start : item.end] != item.text] == []


def test_a_long_list_of_entities_is_cut() -> None:
    entities = found("50 $ à Paul le 3 mars, note Bleue a@b.co « x » tout www.a.ca ; " * 100)
    sizes = {len(items) for items in entities.as_dict().values()}
    assert sizes == {MAX_OF_A_KIND}
