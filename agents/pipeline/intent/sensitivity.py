"""How sensitive a request is, by word lists in French and English (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.pipeline.intent.kinds import Sensitivity
from agents.pipeline.intent.tokens import Token, fold

_PHRASES: Final[dict[Sensitivity, tuple[str, ...]]] = {
    Sensitivity.TOP_SECRET: (
        "top secret", "très secret", "ultra secret", "ultrasecret", "secret défense", "strictement secret",
        "secret absolu",
    ),
    Sensitivity.RESTRICTED: (
        "restreint", "restreinte", "restreints", "restreintes", "diffusion restreinte", "restricted",
        "secret", "secrets", "secrète", "secrètes", "mot de passe", "mots de passe", "password",
        "passwords", "passphrase", "assurance sociale", "social insurance", "social security",
        "sécurité sociale", "carte de crédit", "credit card", "numéro de carte", "card number", "iban",
        "passeport", "passport", "dossier médical", "medical record", "medical records",
        "diagnostic médical", "casier judiciaire", "criminal record", "clé privée", "private key",
        "code nip",
    ),
    Sensitivity.CONFIDENTIAL: (
        "confidentiel", "confidentielle", "confidentiels", "confidentielles", "confidential", "privé",
        "privée", "privés", "privées", "private", "salaire", "salaires", "salary", "salaries", "santé",
        "health", "médical", "médicale", "medical", "maladie", "illness", "ordonnance", "prescription",
        "avocat", "lawyer", "litige", "lawsuit", "congédiement", "dismissal", "licenciement", "bancaire",
        "bank account", "divorce", "faillite", "bankruptcy", "nda", "entre nous",
    ),
    Sensitivity.PUBLIC: (
        "public", "publics", "publique", "publiques", "publiquement", "publicly", "press release",
    ),
}  # fmt: skip
DEFAULT: Final = Sensitivity.INTERNAL
LONGEST_PHRASE: Final = 3


def _index() -> dict[tuple[str, ...], Sensitivity]:
    return {tuple(fold(p).split()): level for level, phrases in _PHRASES.items() for p in phrases}


_BY_WORDS: Final = _index()


def _levels(tokens: Sequence[Token]) -> set[Sensitivity]:
    found = set()
    for start in range(len(tokens)):
        for length in range(1, LONGEST_PHRASE + 1):
            level = _BY_WORDS.get(tuple(token.folded for token in tokens[start : start + length]))
            if level:
                found.add(level)
    return found


def classify(tokens: Sequence[Token]) -> Sensitivity:
    """The highest level that any word names, quoted words included; `internal` when none does.

    `public` needs a word for it and nothing more sensitive beside it.
    """
    return max(_levels(tokens), key=lambda level: level.rank, default=DEFAULT)
