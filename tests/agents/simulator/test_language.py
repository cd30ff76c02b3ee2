from __future__ import annotations

import pytest

from agents.simulator.language import fold, keywords, language, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Quel est le loyer ?", "fr"),
        ("What is the rent?", "en"),
        ("Envoie-le", "fr"),
        ("Résumé", "fr"),
        ("xyz", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_read_from_the_little_words(text, found):
    assert language(text) == found


@pytest.mark.parametrize("text", ["Été À L’ÉCOLE", "Straße İstanbul œuvre", "日本語 𝔘", "a\u0301"])
def test_folding_keeps_the_length(text):
    assert len(fold(text)) == len(text)


def test_folding_drops_accents_and_case():
    assert fold("Été À L’ÉCOLE") == "ete a l'ecole"


def test_sentences_respect_titles_and_lists():
    assert sentences("# Titre\n- M. Roy paie. Il vit ici! 3.5 m\n\n2) Fin") == [
        "Titre",
        "M. Roy paie.",
        "Il vit ici!",
        "3.5 m",
        "Fin",
    ]


def test_forms_of_a_word_share_a_keyword():
    assert keywords("les loyers") == keywords("Loyer")
    assert keywords("augmenter") == keywords("l’augmentation")
    assert keywords("le la les un the of") == frozenset()
