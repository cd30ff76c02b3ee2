"""How sensitive a request is (design 4.1)."""

from __future__ import annotations

from datetime import date

import pytest

from agents.pipeline.intent.analyse import analyse
from agents.pipeline.intent.kinds import Sensitivity


def level(text: str) -> Sensitivity:
    return analyse(text, default_language="fr", today=date(2026, 11, 20), sphere="personal").sensitivity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Résume ce fil", "internal"),
        ("Rédige une annonce publique", "public"),
        ("Write a press release", "public"),
        ("Résume ce document confidentiel", "confidential"),
        ("Compare the salaries", "confidential"),
        ("Range mon ordonnance", "confidential"),
        ("Où est mon mot de passe ?", "restricted"),
        ("Où est mon numéro d'assurance sociale ?", "restricted"),
        ("Renew my passport", "restricted"),
        ("Résume le dossier top secret", "top_secret"),
        ("C'est TRÈS SECRET", "top_secret"),
        ("Résume « note confidentielle »", "confidential"),
        ("Une annonce publique sur un salaire", "confidential"),
        ("top des secrets de cuisine", "restricted"),
        ("", "internal"),
    ],
)
def test_the_most_sensitive_word_decides(text: str, expected: str) -> None:
    assert level(text).value == expected


def test_the_levels_are_ordered() -> None:
    assert [value.rank for value in Sensitivity] == [0, 1, 2, 3, 4]
    assert list(Sensitivity) == ["public", "internal", "confidential", "restricted", "top_secret"]
