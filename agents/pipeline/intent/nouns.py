"""The nouns of things, common and by sphere, folded (design 1.3, 4.1)."""

from __future__ import annotations

from typing import Final

from agents.pipeline.intent import words as w

# Nouns by kind; plurals in -s, -x and -ies are made.
_COMMON: Final = {
    "note": "note mémo memo",
    "task": "tâche task todo rappel reminder",
    "thread": "fil thread conversation discussion",
    "document": "document doc contrat contract rapport report lettre letter présentation presentation",
    "file": "fichier file photo image pièce attachment",
    "folder": "dossier folder répertoire",
    "meeting": "réunion meeting rencontre",
    "event": "événement event rendez-vous appointment",
    "decision": "décision decision",
    "email": "courriel email e-mail mail",
    "message": "message publication post",
    "dataspace": "dataspace",
    "capture": "capture",
    "workspace": "workspace atelier",
    "project": "projet project",
    "agent": "agent",
    "contact": "contact",
    "account": "compte account",
    "invoice": "facture invoice bill reçu receipt",
    "list": "liste list tableau table",
    "budget": "budget",
    "idea": "idée idea",
    "link": "lien link",
    "draft": "brouillon draft",
}
_BY_SPHERE: Final[dict[str, dict[str, str]]] = {
    "business": {
        "client": "client customer",
        "estimate": "soumission devis estimate quote",
        "property": "immeuble building propriété property",
        "unit": "logement unit appartement apartment",
        "lease": "bail baux lease",
        "tenant": "locataire tenant",
        "rent": "loyer rent",
    },
    "personal": {"recipe": "recette recipe", "rent": "loyer rent", "prescription": "ordonnance prescription"},
    "government": {"permit": "permis permit", "form": "formulaire form", "tax": "impôt taxe tax"},
    "creative": {"song": "chanson song", "video": "vidéo video", "drawing": "dessin drawing"},
    "community": {"association": "association", "activity": "activité activity"},
    "social": {"publication": "billet story"},
    "entertainment": {"film": "film movie", "trip": "voyage trip", "ticket": "billet ticket"},
    "team": {"employee": "employé employee", "candidate": "candidat candidate"},
    "scholar": {"course": "cours course", "article": "article paper", "thesis": "mémoire thèse thesis"},
}
PAYABLE_KINDS: Final = frozenset({"invoice", "rent", "tax", "account", "estimate"})
MESSAGE_KINDS: Final = frozenset({"email", "message"})


def _plurals(noun: str) -> tuple[str, str]:
    return noun + "s", noun[:-1] + "ies" if noun.endswith("y") else noun + "x"


def _nouns(kinds: dict[str, str]) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for kind, text in kinds.items():
        for noun in w.words(text):
            found.setdefault(noun, (kind, noun == "baux"))
            for plural in _plurals(noun):
                found.setdefault(plural, (kind, True))
    return found


_COMMON_NOUNS: Final = _nouns(_COMMON)
_SPHERE_NOUNS: Final = {sphere: _nouns(kinds) | _COMMON_NOUNS for sphere, kinds in _BY_SPHERE.items()}


def nouns_of(sphere: str) -> dict[str, tuple[str, bool]]:
    """(kind, is plural) by folded noun: the common ones and those of `sphere` (a slug of design 1.3)."""
    return _SPHERE_NOUNS.get(sphere, _COMMON_NOUNS)
