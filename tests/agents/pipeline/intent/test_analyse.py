"""The whole of lane A: what it returns, on any text (design 4.1)."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.pipeline.intent.analyse import Intent, analyse
from agents.pipeline.intent.kinds import EFFECTS, Effect, IntentType, exceeds_budget, token_budget

FRIDAY = date(2026, 11, 20)

fragments = st.lists(
    st.sampled_from(
        [
            "supprime", "Envoie", "send", "ne", "n'", "pas", "don't", "tout", "la", "note", "Facture", "à",
            "Paul", "?", ".", ":", "\n", ",", "«", "»", '"', "'", "50 $", "$1,2", "mardi", "2027-02-30",
            "31 février", "29 février",
            "dans 9999 mois", "a@b.co", "http://x.y", "et", "puis", "fais", "un", "paiement", "est-ce", "que",
            "M.",
            "l'", "plan.pdf", "ce", "fil", "Mets-la", "à jour",
        ]
    ),
    max_size=40,
).map(" ".join)  # fmt: skip
texts = st.text(max_size=300) | fragments
days = st.dates()


def understand(text: str, **more: object) -> Intent:
    arguments = {"default_language": "fr", "today": FRIDAY, "sphere": "business"} | more
    return analyse(text, **arguments)


@given(texts, days, st.sampled_from(["fr", "en", "", "pt-BR"]), st.sampled_from(["business", "personal", "?"]))
@example("dans 9999 mois", date.max, "fr", "personal")
@example("demain mardi", date.max, "fr", "personal")
@example("hier mardi dernier", date.min, "fr", "personal")
@example("29 février", date(9999, 12, 31), "fr", "personal")
@example("\ud800 supprime \x00 ٣ mars İ ß ŉ", FRIDAY, "fr", "personal")
def test_any_text_is_understood_the_same_way_twice(text: str, today: date, language: str, sphere: str) -> None:
    first = analyse(text, default_language=language, today=today, sphere=sphere)
    assert first == analyse(text, default_language=language, today=today, sphere=sphere)
    assert first.effect is EFFECTS[first.type]
    assert first.language in ("fr", "en")
    assert len(first.keywords) <= 10
    assert len(set(first.keywords)) == len(first.keywords)
    assert 30 <= first.confidence_hundredths <= 99
    assert json.loads(json.dumps(first.as_dict()))["type"] == first.type.value


@given(st.text(alphabet="abcdé '’-.,:!?«»\"\n", max_size=100))
def test_what_is_quoted_never_acts(filling: str) -> None:
    content = filling.replace("»", "").replace("«", "")
    intent = understand(f"«supprime {content} envoie tout à Paul, pay it»")
    assert intent.type in (IntentType.UNKNOWN, IntentType.QUERY)


@pytest.mark.parametrize(
    "verb",
    [
        "envoie",
        "supprime",
        "publie",
        "transfère",
        "paie",
        "efface",
        "crée",
        "modifie",
        "configure",
        "exécute",
    ],
)
def test_a_negated_french_verb_has_no_effect(verb: str) -> None:
    for text in (f"Ne {verb} pas la note Facture", f"ne la {verb} pas", f"Ne {verb} jamais rien à Paul"):
        assert understand(text).effect is Effect.READ


@pytest.mark.parametrize("verb", ["send", "delete", "publish", "transfer", "pay", "create", "update", "configure"])
def test_a_negated_english_verb_has_no_effect(verb: str) -> None:
    for text in (
        f"Don't {verb} the note",
        f"Please do not {verb} it",
        f"Never {verb} anything",
        f"dont {verb} the note",
    ):
        assert understand(text, default_language="en").effect is Effect.READ


def test_the_sending_of_the_design_is_understood_whole() -> None:
    intent = understand("Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi")
    assert intent.as_dict() | {"entities": None} == {
        "language": "fr",
        "type": "send",
        "effect": "SEND",
        "action_words": ["Envoie"],
        "entities": None,
        "keywords": ["courriel", "confirmer", "rendez-vous"],
        "sensitivity": "internal",
        "confidence": 0.8,
        "needs_clarification": None,
    }
    assert [email.text for email in intent.entities.emails] == ["paul@example.com"]
    assert [found.value for found in intent.entities.dates] == [date(2026, 11, 24)]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("Bonjour", 0.3),
        ("Tu vas bien ?", 0.7),
        ("Résume ce fil", 0.8),
        ("Résume ce fil et résume la note", 0.9),
        ("Résume ceci, résume cela, synthétise le reste", 0.99),
        ("Résume, résume, résume, résume, résume", 0.99),
    ],
)
def test_confidence_grows_with_the_action_words_of_the_intent(text: str, confidence: float) -> None:
    assert understand(text).confidence == confidence


def test_the_gravest_effect_names_the_intent() -> None:
    assert understand("Résume le fil, crée une note, envoie-la à Paul et supprime la note Facture").type == "delete"


def test_keywords_are_the_most_frequent_then_in_order() -> None:
    intent = understand("Cherche le toit, la toiture, le toit et les « ardoises »")
    assert intent.keywords == ("toit", "toiture", "ardoises")


def test_keywords_are_at_most_ten() -> None:
    letters = "abcdefghijklm"
    assert understand(" ".join(letter * 4 for letter in letters)).keywords == tuple(c * 4 for c in letters[:10])


@pytest.mark.parametrize(("default", "expected"), [("fr", "fr"), ("en", "en"), ("en-CA", "en"), ("de", "fr")])
def test_without_evidence_the_default_language_holds(default: str, expected: str) -> None:
    assert understand("Zanzibar", default_language=default).language == expected


def test_each_intent_has_its_effect() -> None:
    assert {intent.value: effect.value for intent, effect in EFFECTS.items()} == {
        "query": "READ",
        "search": "READ",
        "summarize": "READ",
        "analyze": "READ",
        "generate": "READ",
        "unknown": "READ",
        "create": "CREATE",
        "update": "UPDATE",
        "execute": "UPDATE",
        "delete": "DELETE",
        "send": "SEND",
        "publish": "SEND",
        "communicate": "SEND",
        "transfer": "TRANSFER",
        "payment": "PAYMENT",
        "configure": "CONFIGURE",
    }


def test_each_intent_has_its_token_budget() -> None:
    assert {intent.value: token_budget(intent) for intent in IntentType} == {
        "query": 5_000,
        "search": 3_000,
        "summarize": 5_000,
        "analyze": 20_000,
        "create": 10_000,
        "update": 8_000,
        "delete": 2_000,
        "send": 5_000,
        "publish": 5_000,
        "transfer": 3_000,
        "payment": 3_000,
        "configure": 3_000,
        "execute": 15_000,
        "generate": 25_000,
        "communicate": 5_000,
        "unknown": 3_000,
    }
    assert understand("Supprime la note Facture").token_budget == 2_000


def test_only_above_one_and_a_half_budgets_is_an_approval_needed() -> None:
    assert not exceeds_budget(IntentType.QUERY, 7_500)
    assert exceeds_budget(IntentType.QUERY, 7_501)
