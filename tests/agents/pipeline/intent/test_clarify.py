"""When lane A asks, and what it names (design 4.1, 6.3)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipeline.intent.analyse import Intent, analyse
from agents.pipeline.intent.decide import Clarification, Reason, clarification
from agents.pipeline.intent.entities import Entities
from agents.pipeline.intent.kinds import NEEDS_OBJECT, Effect


def understand(text: str) -> Intent:
    return analyse(text, default_language="fr", today=date(2026, 11, 20), sphere="business")


@pytest.mark.parametrize(
    "text",
    [
        "Supprime la note Facture",
        "Supprime « Vieux plan »",
        "Supprime tout de suite la note Facture",
        "La note Facture, supprime-la",
        "Supprime le fichier plan.pdf",
        "Supprime la facture 2043",
        "Efface la facture n° 12",
        "Supprime la note du 3 mars",
        "Supprime ce fil",
        "Supprime les notes « A » et « B »",
        "Supprime https://example.com/page",
        "Delete the Budget note",
        "DELETE THE NOTE INVOICE",
        "Transfère la note Budget vers Entreprises",
        "Paie Marie",
        "Paie 50 $ à Marie",
        "Pay $50 to mary@example.com",
        "Paie la facture d'Hydro-Québec",
    ],
)
def test_a_named_object_is_not_asked_about(text: str) -> None:
    intent = understand(text)
    assert intent.effect in NEEDS_OBJECT
    assert intent.needs_clarification is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Supprime", ()),
        ("Supprime-la", ()),
        ("Supprime la note", ("note",)),
        ("Supprime les notes de mardi", ("notes",)),
        ("Supprime la note et le document", ("note", "document")),
        ("Delete the meeting", ("meeting",)),
        ("Transfère la note vers Entreprises", ("note",)),
        ("Transfère les contrats à Marie", ("contrats",)),
        ("Paie 50 $", ()),
        ("Paie la facture de 84,20 $", ("facture",)),
        ("Résume le projet Lac et supprime la note", ("note",)),
    ],
)
def test_an_object_that_is_not_clear_is_asked_about_with_what_was_found(text: str, found: tuple[str, ...]) -> None:
    ask = understand(text).needs_clarification
    assert ask == Clarification(Reason.OBJECT_UNKNOWN, found)
    assert ask.count == len(found)


@pytest.mark.parametrize(
    ("text", "found", "universals"),
    [
        ("Supprime toutes les notes", ("notes",), ("toutes",)),
        ("Supprime tout", (), ("tout",)),
        ("Supprime tous les fils du projet Lac", ("fils", "projet Lac"), ("tous",)),
        ("Supprime la note Facture et toutes les tâches", ("note Facture", "tâches"), ("toutes",)),
        ("Delete all notes", ("notes",), ("all",)),
        ("Delete everything", (), ("everything",)),
        ("Pay every invoice", ("invoice",), ("every",)),
        ("Paie le loyer à Marie tous les mois", ("loyer",), ("tous",)),
        ("Transfère toute la liste « Clients » à Paul", ("liste « Clients »",), ("toute",)),
    ],
)
def test_all_words_ask_even_when_an_object_is_named(
    text: str, found: tuple[str, ...], universals: tuple[str, ...]
) -> None:
    assert understand(text).needs_clarification == Clarification(Reason.UNIVERSAL, found, universals)


def test_an_all_word_in_quotes_is_a_name() -> None:
    assert understand("Supprime la note « tout »").needs_clarification is None


@pytest.mark.parametrize("text", ["Résume toutes les notes", "Envoie toutes les notes à Paul", "Tout va bien ?", "?"])
def test_what_neither_deletes_nor_transfers_nor_pays_may_say_all(text: str) -> None:
    assert understand(text).needs_clarification is None


@given(st.text(max_size=200))
def test_reading_never_asks(text: str) -> None:
    intent = understand(text)
    assert intent.effect is not Effect.READ or intent.needs_clarification is None


@pytest.mark.parametrize("effect", list(Effect))
def test_an_effect_below_one_half_asks_and_reading_never_does(effect: Effect) -> None:
    low = clarification(effect, 49, Entities())
    assert (low and low.reason) == (None if effect is Effect.READ else Reason.LOW_CONFIDENCE)


@pytest.mark.parametrize("effect", [e for e in Effect if e not in NEEDS_OBJECT])
def test_one_half_is_enough(effect: Effect) -> None:
    assert clarification(effect, 50, Entities()) is None


def test_the_question_carries_its_values() -> None:
    ask = Clarification(Reason.UNIVERSAL, ("notes", "fils"), ("toutes",))
    assert ask.message_values == {"count": 2, "found": "notes, fils", "words": "toutes"}
    assert Clarification(Reason.OBJECT_UNKNOWN).message_values["found"] == "—"
