"""Three notes for an empty sphere (actions/examples.py)."""

from __future__ import annotations

import pytest

from governance.audit.models import AuditEntry
from governance.errors import Conflict, NotAllowed
from governance.perform import perform
from spheres.models import Capture, Item
from tests.spheres import makers


def test_the_examples_are_three_captured_and_filed_notes(alice):
    with alice.acting():
        made = perform("spheres.example.capture", {"sphere": "scholar"})
    with alice.looking():
        notes = list(Item.objects.filter(sphere="scholar").order_by("id"))
        waiting = Capture.objects.waiting().filter(sphere="scholar").count()
        entries = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))[-10:]
    assert [note.pk for note in notes] == [item.pk for item in made]
    assert [note.title for note in notes] == ["Rendez-vous de mardi", "Jardin", "Assurance"]
    assert all(note.origin_id for note in notes)
    assert waiting == 0
    steps = ["spheres.capture.create", "spheres.capture.route", "spheres.item.create"]
    assert entries == ["spheres.example.capture", *steps, *steps, *steps]


def test_a_sphere_that_holds_something_gets_no_examples(alice):
    with alice.acting():
        makers.item("Bail")
        with pytest.raises(Conflict) as refused:
            perform("spheres.example.capture", {"sphere": "business"})
        assert refused.value.code == "not_empty"
        assert len(perform("spheres.example.capture", {"sphere": "personal"})) == 3


def test_a_viewer_captures_no_examples(alice, bob, workshop):
    with bob.acting(workshop, role="viewer"), pytest.raises(NotAllowed):
        perform("spheres.example.capture", {"sphere": "personal"})


def test_the_button_stands_where_nothing_is_yet_and_leaves_with_the_first_note(alice):
    page = alice.browser
    assert "/s/creative/examples/" in page.get("/s/creative/").content.decode()
    answer = alice.post("/s/creative/examples/", follow=True)
    assert answer.redirect_chain == [("/s/creative/", 302)]
    text = answer.content.decode()
    assert "Assurance" in text
    assert "/s/creative/examples/" not in text
    again = alice.post("/s/creative/examples/", follow=True)
    assert 'data-tone="warning"' in again.content.decode()


def test_the_api_gives_the_three_and_then_a_conflict(alice):
    api = alice.api
    made = api.post("spheres/social/examples/")
    assert made.status_code == 201
    assert [item["type"] for item in made.json()["results"]] == ["note"] * 3
    again = api.post("spheres/social/examples/")
    assert (again.status_code, again.json()["code"]) == (409, "not_empty")
