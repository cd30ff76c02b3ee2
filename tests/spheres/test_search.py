"""One search in two languages (search.py, fulltext.py, actions/search.py)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from governance.errors import BadInput
from governance.perform import perform
from spheres.fulltext import EXCERPT_LENGTH, excerpt
from spheres.paging import place_of, write_place
from spheres.search import Question, register_source, search
from tests.spheres import makers


def titles(q, **values):
    return [found.title for found in perform("spheres.search", {"q": q, **values})]


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("Les événements de l’été", "evenement"),
        ("Evenement annuel", "événements"),
        ("Contrôle des façades", "controles facade"),
        ("Deux chevaux", "CHEVAUX"),
        ("Une œuvre", "oeuvres"),
        ("The signed leases", "lease"),
        ("Loyer de l'appartement", "loyers appartements"),
        ("Français à corriger", "FRANCAIS"),
    ],
)
def test_accents_plurals_ligatures_and_case_do_not_matter(alice, kept, asked):
    with alice.acting():
        makers.item(kept)
        makers.item("Tout autre chose")
        assert titles(asked) == [kept]


def test_the_text_is_searched_too_and_the_title_weighs_more(alice):
    with alice.acting():
        makers.item("Rencontre", content="On parlera de la toiture.")
        makers.item("Toiture 2027", content="Trois soumissions.")
        assert titles("toitures") == ["Toiture 2027", "Rencontre"]


def test_phrases_exclusions_and_alternatives_are_understood(alice):
    with alice.acting():
        makers.item("Bail Fabre")
        makers.item("Fabre, toiture")
        assert titles('"bail Fabre"') == ["Bail Fabre"]
        assert titles("Fabre -toiture") == ["Bail Fabre"]
        assert sorted(titles("bail or toiture")) == ["Bail Fabre", "Fabre, toiture"]


def test_every_kind_is_found_and_can_be_asked_for_alone(alice):
    with alice.acting():
        makers.item("Rosemont, note"), makers.capture("Rosemont, capture"), makers.space("Rosemont, lieu")
        makers.task("Rosemont, tâche")
        found = perform("spheres.search", {"q": "rosemont"})
        assert sorted(row.kind for row in found) == ["capture", "dataspace", "item", "item"]
        assert titles("rosemont", kind="dataspace") == ["Rosemont, lieu"]


def test_one_sphere_can_be_searched_alone(alice):
    with alice.acting():
        makers.item("Assurance du bureau")
        makers.item("Assurance maison", sphere="personal")
        assert titles("assurance", sphere="personal") == ["Assurance maison"]


def test_what_is_deleted_or_filed_is_not_found(alice):
    with alice.acting():
        gone, filed = makers.item("Zinc jeté"), makers.capture("Zinc noté")
        perform("spheres.item.delete", {"item": gone.pk})
        perform("spheres.capture.route", {"capture": filed.pk, "to": "note"})
        found = perform("spheres.search", {"q": "zinc"})
    assert [(row.kind, row.title) for row in found] == [("item", "Zinc noté")]


def test_nobody_finds_another_identity_s_things(alice, charlie):
    with alice.acting():
        makers.item("Ornithorynque"), makers.capture("Ornithorynque"), makers.space("Ornithorynque")
    with charlie.acting():
        assert titles("ornithorynque") == []


def test_results_come_in_pages_without_loss_or_repetition(alice):
    with alice.acting():
        for number in range(7):
            makers.item(f"Dossier {number}", content="dossier " * (number % 3))
            makers.capture(f"Dossier capturé {number}")
    with alice.looking():
        whole = search(Question("dossiers", limit=50))
        seen, place = [], None
        while page := search(Question("dossiers", limit=3, place=place)):
            seen += page
            place = page[-1].place
    assert len(whole) == 14
    assert [row.id for row in seen] == [row.id for row in whole]


@pytest.mark.parametrize("words", ["", "   ", "x" * 201, "nul\x00"])
def test_a_question_has_words(alice, words):
    with alice.acting(), pytest.raises(BadInput):
        perform("spheres.search", {"q": words})


@pytest.mark.parametrize("words", ["'", '"', "-", "le la les", "& | ! : * ()", "a:*", "\\"])
def test_no_question_is_an_error(alice, words):
    with alice.acting():
        makers.item("Bail")
        assert titles(words) == []


@pytest.mark.parametrize("values", [{"kind": "secrets"}, {"limit": 51}, {"limit": 0}, {"sphere": "xr"}])
def test_unknown_kinds_and_limits_are_refused(alice, values):
    with alice.acting(), pytest.raises(BadInput) as refused:
        perform("spheres.search", {"q": "bail", **values})
    assert list(refused.value.errors) == list(values)


def test_a_kind_is_registered_once(db):
    with pytest.raises(ValueError, match="twice"):
        register_source("item", lambda question: [])


def test_an_excerpt_shows_the_words_in_their_place():
    text = "Un début sans intérêt. " * 20 + "La toiture fuit depuis juin. " + "Une fin sans intérêt. " * 20
    shown = excerpt(text, "toitures")
    assert "La toiture fuit" in shown
    assert shown.startswith("… ")
    assert shown.endswith("…")
    assert len(shown) <= EXCERPT_LENGTH + 4
    assert excerpt("court\ntexte", "rien") == "court texte"


def test_a_place_survives_being_written():
    place = place_of("607927~0199f1a2-0000-7000-8000-000000000000")
    assert write_place(place) == "607927~0199f1a2-0000-7000-8000-000000000000"
    assert [
        place_of(text) for text in ("", "x", "1~x", "-1~0199f1a2-0000-7000-8000-000000000000", "9" * 30 + "~x")
    ] == [None] * 5


def test_the_index_of_the_text_exists(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%USING gin (search)%' ORDER BY 1")
        found = [name for (name,) in cursor.fetchall()]
    assert {"spheres_capture", "spheres_dataspace", "spheres_item"} <= set(found)


def test_the_function_that_asks_the_index_names_rows_of_the_bound_identity_alone(alice, charlie):
    with alice.acting():
        made = makers.item("Ornithorynque"), makers.space("Ornithorynque"), makers.capture("Ornithorynque")

    def hits() -> set:
        with connection.cursor() as cursor:
            found = set()
            for table in ("spheres_item", "spheres_dataspace", "spheres_capture"):
                cursor.execute(f"SELECT chenu_text.{table}_hits(chenu_text.asked('ornithorynques'))")
                found |= {pk for (pk,) in cursor.fetchall()}
            return found

    with charlie.looking():
        assert hits() == set()
    with alice.looking():
        assert hits() == {row.pk for row in made}


def test_nobody_in_particular_cannot_ask_the_index(db):
    with (
        pytest.raises(DatabaseError, match="no identity is bound"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT chenu_text.spheres_item_hits(chenu_text.asked('bail'))")
