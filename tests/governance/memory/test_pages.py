"""`/memory/`: everything that is remembered, without JavaScript, in both languages (design 3.7)."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import MemoryItem
from tests.agents.pipeline.runs import started
from tests.cast import Person
from tests.governance.memory.remembering import (
    approve,
    dataspace,
    do,
    long_term,
    now,
    proposed,
    question,
    thread,
    vote,
)

FORM = {"text": "Réponses brèves", "category": "preference", "type": "long_term", "sensitivity": "internal"}


def page(person: Person, path: str = "/memory/") -> str:
    answer = person.browser.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.content.decode())


def test_everything_stands_there_with_its_source_and_its_laws(alice: Person) -> None:
    long_term(alice, "Réponses brèves")
    proposed(alice, "Thé, pas café")
    shown = page(alice)
    for words in ("Réponses brèves", "Thé, pas café", "proposé par Nova", "Carnet", "Les dix lois de la mémoire"):
        assert words in shown, words
    alice.browser.cookies["django_language"] = "en"
    shown = page(alice)
    assert "The ten laws of memory" in shown
    assert "proposed by Nova" in shown


def test_an_empty_page_says_what_it_is_for(alice: Person) -> None:
    assert "Rien n’est mémorisé" in page(alice)
    assert "Rien ne correspond" in page(alice, "/memory/?q=rien")


def test_who_has_no_place_for_what_lasts_is_told_where_to_make_one(alice: Person) -> None:
    answer = alice.browser.get("/memory/new/")
    assert answer.context["form"]["type"].value() == "short_term"
    assert 'href="/data/"' in answer.content.decode().partition("<main")[2]
    dataspace(alice)
    answer = alice.browser.get("/memory/new/")
    assert answer.context["form"]["type"].value() == "long_term"
    assert 'href="/data/"' not in answer.content.decode().partition("<main")[2]


def test_a_day_that_none_follows_is_told_at_its_field(alice: Person) -> None:
    item = long_term(alice, "Thé, pas café")
    change = {"text": "Thé vert", "category": "preference", "sensitivity": "internal", "version": "1"}
    for path, form in (("/memory/new/", FORM), (f"/memory/{item.pk}/edit/", change)):
        answer = alice.post(path, {**form, "until": "9999-12-31"})
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["until"])
        assert form["text"] in answer.content.decode()


def test_a_version_that_cannot_be_loses_nothing(alice: Person) -> None:
    item = long_term(alice, "Thé, pas café")
    change = {"text": "Thé vert", "category": "preference", "sensitivity": "internal", "version": "9" * 30}
    answer = alice.post(f"/memory/{item.pk}/edit/", change)
    assert answer.status_code == 400
    assert "Thé vert" in answer.content.decode()


def test_a_form_remembers_and_keeps_what_was_written_when_it_refuses(alice: Person) -> None:
    place = dataspace(alice)
    refused = alice.post("/memory/new/", FORM)
    assert refused.status_code == 400
    assert "Réponses brèves" in refused.content.decode()
    done = alice.post("/memory/new/", {**FORM, "place": f"dataspace:{place}", "until": "2030-05-01"})
    assert (done.status_code, done["Location"]) == (302, "/memory/")
    assert "jusqu’au 1 mai 2030" in page(alice).replace("\xa0", " ")
    with alice.looking():
        assert MemoryItem.objects.get().place_id == place


def test_archiving_can_be_undone_and_forgetting_not(alice: Person) -> None:
    pk = long_term(alice).pk
    done = alice.post(f"/memory/{pk}/move/", {"to": "archive"})
    assert done["Location"] == f"/memory/?archived={pk}"
    assert "Annuler" in page(alice, done["Location"])
    alice.post(f"/memory/{pk}/move/", {"to": "restore"})
    assert now(alice, pk).status == "active"
    alice.post(f"/memory/{pk}/forget/")
    assert "Il n’en reste rien" in page(alice, f"/memory/{pk}/")
    assert alice.post(f"/memory/{pk}/move/", {"to": "dance"}).status_code == 400


def test_a_proposal_is_decided_where_it_stands(alice: Person) -> None:
    row, other = proposed(alice), proposed(alice, "Autre")
    assert row.digest in page(alice)
    alice.post(f"/memory/{row.pk}/approve/", {"digest": row.digest})
    alice.post(f"/memory/{other.pk}/reject/")
    assert (now(alice, row.pk).status, now(alice, other.pk).status) == ("active", "deleted")


def test_its_question_shows_the_words_to_whom_they_concern(alice: Person, bob: Person, workshop: Any) -> None:
    row = proposed(bob, "Thé, pas café", workshop)
    asked = question(bob, row, workshop)
    bob.post(f"/identities/{workshop.pk}/activate/")
    alice.post(f"/identities/{workshop.pk}/activate/")
    assert "Thé, pas café" in page(bob, f"/approvals/{asked.pk}/")
    shown = page(alice, f"/approvals/{asked.pk}/")
    assert "Thé, pas café" not in shown
    assert "Bob" in shown
    vote(bob, asked, "reject", workshop)
    assert "Thé, pas café" not in page(bob, f"/approvals/{asked.pk}/")


@pytest.mark.usefixtures("simulator")
def test_a_run_and_a_memory_name_each_other(alice: Person) -> None:
    row = long_term(alice, "Réponses brèves")
    run = started(alice)
    assert f"/pipelines/{run.pk}/" in page(alice, f"/memory/{row.pk}/")
    shown = page(alice, f"/pipelines/{run.pk}/")
    assert "Réponses brèves" in shown
    assert f"/memory/{row.pk}/" in shown
    do(alice, "delete", row.pk)
    shown = page(alice, f"/pipelines/{run.pk}/")
    assert "Réponses brèves" not in shown
    assert "oublié ou modifié depuis" in shown


def test_changing_shows_a_conflict_and_loses_nothing(alice: Person) -> None:
    pk = long_term(alice).pk
    known = {"version": "1", "text": "Une phrase", "category": "rule", "sensitivity": "internal", "until": ""}
    assert alice.post(f"/memory/{pk}/edit/", known).status_code == 302
    late = alice.post(f"/memory/{pk}/edit/", {**known, "text": "Deux phrases"})
    assert late.status_code == 400
    assert "Deux phrases" in late.content.decode()
    assert now(alice, pk).text == "Une phrase"


def test_the_list_asks_the_same_for_one_and_for_three(alice: Person) -> None:
    place, where = dataspace(alice), thread(alice)
    assert where
    counts = []
    for extra in (1, 2):
        for _ in range(extra):
            long_term(alice, place_id=place)
            approve(alice, proposed(alice, place_id=place))
            proposed(alice, place_id=place)
        page(alice)
        with CaptureQueriesContext(connection) as captured:
            page(alice)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12
