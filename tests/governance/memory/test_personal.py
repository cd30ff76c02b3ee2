"""The published check of agents' memory: what it finds, and what it lets pass (design 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import BadInput
from governance.memory.personal import luhn, personal_data
from tests.cast import Person
from tests.governance.memory.remembering import approve, do, remembered

NAMES = ["Jean-Pierre Côté", "Bob", "Li"]

FOUND = [
    ("Écris à paul@example.com", ["email"]),
    ("Appelle le 514 555-0199 d’abord", ["phone"]),
    ("Appelle le +33 6 12 34 56 78", ["phone"]),
    ("Paie avec 4111 1111 1111 1111", ["card"]),
    ("Vire à FR76 3000 6000 0112 3456 7890 189", ["iban"]),
    ("Vire à GB82WEST12345698765432", ["iban"]),
    ("Son NAS est 130-692-544", ["sin"]),
    ("Numéro 1 84 12 76 451 089 46", ["nir"]),
    ("Numéro 1 84 12 2A 451 089 33", ["nir"]),
    ("Demande à Jean-Pierre Côté", ["name"]),
    ("Demande à jean pierre cote", ["name"]),
    ("Demande à Jean", ["name"]),
    ("demande à bob", ["name"]),
    ("Écris à Bob : bob@example.com", ["email", "name"]),
]
CLEAN = [
    "Cite tes sources, deux au moins.",
    "Réponds en 200 mots, au format JSON, d’ici 17 h 30.",
    "Le taux de TPS est de 5 %, celui de TVQ de 9,975 %.",
    "Arrondis à 0,01 ; au-delà de 1 000 000, écris en millions.",
    "Le 2026-11-20 est une date ; 10:15 est une heure.",
    "Règle 3.4.12 de la version 2026.11.",
    "La lime est un outil, et le bobinage un métier.",
    "Article 1851 du Code civil",
]


@pytest.mark.unit
@pytest.mark.parametrize(("text", "kinds"), FOUND)
def test_it_finds(text: str, kinds: list[str]) -> None:
    assert personal_data(text, NAMES) == kinds


@pytest.mark.unit
@pytest.mark.parametrize("text", CLEAN)
def test_it_lets_pass(text: str) -> None:
    assert personal_data(text, NAMES) == []


@pytest.mark.unit
def test_check_digits_count() -> None:
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert personal_data("Vire à FR76 3000 6000 0112 3456 7890 188") != ["iban"]


@pytest.mark.security
@pytest.mark.parametrize("text", ["Écris à paul@example.com", "Demande à Alice d’abord"])
def test_an_agents_memory_with_personal_data_is_refused_at_each_door(alice: Person, text: str) -> None:
    terms: dict[str, Any] = {"type": "agent", "category": "rule"}
    with pytest.raises(BadInput) as refused:
        remembered(alice, text, **terms)
    assert set(refused.value.errors) == {"text"}
    kept = remembered(alice, "Cite tes sources", **terms)
    with pytest.raises(BadInput):
        do(alice, "update", kept.pk, text=text)
    assert kept.approved_by == alice.user.pk


@pytest.mark.security
def test_who_joined_meanwhile_is_found_when_it_is_approved(alice: Person, bob: Person) -> None:
    from uuid_utils.compat import uuid7

    from governance.models import Membership
    from tests.cast import make_workshop

    house = make_workshop(alice)
    row = remembered(alice, "Demande à Bob", house, type="agent", category="rule", token_id=uuid7())
    assert row.status == "proposed"
    Membership.objects.create(user=bob.user, identity=house, role="member")
    with pytest.raises(BadInput):
        approve(alice, row, house)
