"""Arguments come from the tool's own schema, whatever its shape."""

from __future__ import annotations

import pytest

from agents.simulator.arguments import fill
from agents.simulator.context import Fragment
from agents.simulator.facts import Facts

WORD = {"type": "string"}
THREAD = Fragment("018f0000-0000-7000-8000-00000000000a", "Fil du toit", "thread", "On parle du toit.")
ITEM = Fragment("018f0000-0000-7000-8000-00000000000b", "Devis du toit", "item", "12 000 $")


def filled(request, *required, language="fr", **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return fill(schema, Facts(request, language, (THREAD, ITEM)))


@pytest.mark.parametrize(
    ("name", "spec", "request_text", "value"),
    [
        ("to", WORD, "à a@b.ca", "a@b.ca"),
        ("anything", {"type": "string", "format": "email"}, "à a@b.ca.", "a@b.ca"),
        ("to", {"type": "array", "items": WORD}, "à a@b.ca et c@d.ca", ["a@b.ca", "c@d.ca"]),
        (
            "recipients",
            {"type": "array", "items": {"type": "object", "properties": {"email": WORD}}},
            "à a@b.ca",
            [{"email": "a@b.ca"}],
        ),
        ("amount", {"type": "number"}, "paie 12,50 $", 12.5),
        ("amount", {"type": "integer"}, "paie 1,200 USD", 1200),
        ("amount", WORD, "paie 12 €", "12.00"),
        ("currency", WORD, "paie 12 $US", "USD"),
        ("due_date", {"type": "string", "format": "date"}, "pour le 31 décembre 2026", "2026-12-31"),
        ("due_date", {"type": "string", "format": "date"}, "by March 5th, 2027", "2027-03-05"),
        ("due_date", {"type": "string", "format": "date"}, "2027-02-30 ou 2027", None),
        (
            "starts_at",
            {"type": "string", "format": "date-time"},
            "le 2027-03-05 à 14 h 30",
            "2027-03-05T14:30:00Z",
        ),
        ("sphere", {"enum": ["personal", "business"]}, "dans Entreprises", "business"),
        ("priority", {"enum": ["low", "urgent"], "default": "low"}, "rien", "low"),
        ("priority", {"enum": ["low", "urgent"]}, "tâche urgente", "urgent"),
        ("version", {"const": 2}, "rien", 2),
        ("thread_id", WORD, "le toit", THREAD.id),
        ("item_id", WORD, "le toit", ITEM.id),
        ("item_ids", {"type": "array", "items": WORD}, "le toit", [ITEM.id]),
        ("item_id", WORD, f"efface {THREAD.id}", THREAD.id),
        ("item_id", WORD, "le plancher", None),
        ("title", {"type": "string", "maxLength": 4}, "Rénover", "Réno"),
        ("cc", {"type": "array", "items": {"type": "string", "format": "email"}}, "à a@b.ca", None),
        ("whatever", WORD, "Rénover", None),
    ],
)
def test_a_property_is_read_from_the_request(name, spec, request_text, value):
    values, missing = filled(request_text, **{name: spec})
    assert (values.get(name), missing) == (value, [])


def test_a_union_and_a_reference_are_followed():
    schema = {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"$ref": "#/$defs/Kind"},
            "note": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Kind"}], "default": "idea"},
        },
        "$defs": {"Kind": {"type": "string", "enum": ["note", "idea"]}},
    }
    assert fill(schema, Facts("rien", "fr", ())) == ({"kind": "note", "note": "idea"}, [])


def test_a_reference_that_leads_nowhere_or_in_circles_ends():
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"$ref": "#/$defs/None"}, "b": {"$ref": "#/properties/b"}},
    }
    assert fill(schema, Facts("Rénover", "fr", ())) == ({"a": "Rénover", "b": "Rénover"}, [])


def test_a_required_word_falls_back_on_the_subject_and_other_kinds_on_safe_values():
    values, missing = filled(
        "Rénover 3 salles",
        "motif",
        "count",
        "silent",
        "tags",
        "limit",
        motif=WORD,
        count={"type": "integer"},
        silent={"type": "boolean"},
        tags={"type": "array", "items": {"type": "integer"}, "minItems": 0},
        limit={"type": "integer", "default": 20},
    )
    assert values == {"motif": "Rénover 3 salles", "count": 3, "silent": False, "tags": [3], "limit": 20}
    assert missing == []


def test_what_must_not_be_guessed_is_missing():
    required = ("to", "payee", "amount_minor", "due_date", "item_id", "code")
    _, missing = filled(
        "Rénover le plancher",
        *required,
        to=WORD,
        payee=WORD,
        amount_minor={"type": "integer", "minimum": 1},
        due_date=WORD,
        item_id=WORD,
        code={"type": "string", "pattern": "^[A-Z]{9}$"},
    )
    assert missing == list(required)


def test_a_required_value_that_may_be_null_is_null():
    spec = {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
    assert filled("le plancher", "item_id", item_id=spec) == ({"item_id": None}, [])


def test_a_required_object_is_filled_inside():
    spec = {"type": "object", "required": ["email"], "properties": {"email": WORD}}
    assert filled("à a@b.ca", "person", person=spec) == ({"person": {"email": "a@b.ca"}}, [])
    assert filled("à personne", "person", person=spec) == ({}, ["person"])
