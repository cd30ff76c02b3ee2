"""`/api/v2/memory/`: everything that pages do, in the same words (design 6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import IdempotencyRecord
from tests.cast import Api, Person
from tests.governance.memory.remembering import dataspace, long_term, proposed, remembered, tables_with, thread

pytestmark = pytest.mark.security
TERMS = {"type": "long_term", "category": "preference", "text": "Réponses brèves", "place_kind": "dataspace"}


def made(person: Person, **more: Any) -> Any:
    return person.api.post("memory/", {**TERMS, "place_id": str(dataspace(person)), **more})


def test_it_is_kept_read_changed_and_forgotten(alice: Person) -> None:
    answer = made(alice)
    kept = answer.json()
    assert (answer.status_code, kept["status"], kept["sphere"]) == (201, "active", "personal")
    assert kept["place"]["kind"] == "dataspace"
    assert kept["source"] == {"kind": "person", "agent": "", "run": None}
    path = f"memory/{kept['id']}/"
    assert alice.api.get(path).json() == kept
    changed = alice.api.patch(path, {"text": "Réponses longues", "version": 1, "expires_at": "2030-01-01T00:00:00Z"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.json()["digest"] != kept["digest"]
    assert alice.api.patch(path, {"text": "x", "version": 1}).status_code == 409
    assert alice.api.delete(path).status_code == 204
    gone = alice.api.get(path).json()
    assert (gone["status"], gone["text"], gone["digest"], gone["place"]) == ("deleted", "", "", None)


def test_each_state_has_its_way(alice: Person) -> None:
    pk = made(alice).json()["id"]
    for verb, status in (("pin", "pinned"), ("unpin", "active"), ("archive", "archived"), ("restore", "active")):
        answer = alice.api.post(f"memory/{pk}/{verb}/")
        assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_an_approval_repeats_the_digest_that_was_shown(alice: Person) -> None:
    row = proposed(alice)
    shown = alice.api.get(f"memory/{row.pk}/").json()
    assert (shown["status"], shown["source"]["kind"], shown["checkpoint"]) == (
        "proposed",
        "agent",
        str(row.checkpoint_id),
    )
    assert alice.api.post(f"memory/{row.pk}/approve/", {"digest": "0" * 64}).status_code == 409
    assert alice.api.post(f"memory/{row.pk}/approve/", {}).status_code == 400
    assert alice.api.post(f"memory/{row.pk}/approve/", {"digest": shown["digest"]}).json()["status"] == "active"
    again = alice.api.post(f"memory/{row.pk}/reject/")
    assert (again.status_code, again.json()["code"]) == (409, "already_settled")


def test_lists_are_narrowed_and_turn_their_pages(alice: Person) -> None:
    place = dataspace(alice)
    for number in range(3):
        long_term(alice, f"Souvenir {number}", place_id=place)
    where = thread(alice)
    remembered(alice, "Ici", type="mid_term", place_kind="thread", place_id=where, category="fact")
    assert [row["text"] for row in alice.api.get("memory/?type=long_term&limit=2").json()["results"]] == [
        "Souvenir 2", "Souvenir 1",
    ]  # fmt: skip
    following = alice.api.get("memory/?type=long_term&limit=2").json()["next"].partition("/api/v2/")[2]
    assert [row["text"] for row in alice.api.get(following).json()["results"]] == ["Souvenir 0"]
    for query, count in (("category=fact", 1), (f"place={where}", 1), ("sphere=business", 0), ("state=archived", 0)):
        assert len(alice.api.get(f"memory/?{query}").json()["results"]) == count, query
    for wrong in ("state=moon", "type=x", "colour=red", "limit=0", "cursor=x"):
        answer = alice.api.get(f"memory/?{wrong}")
        assert answer.status_code == 400, wrong
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_search_finds_every_word_whatever_the_accents(alice: Person) -> None:
    long_term(alice, "Élodie préfère le thé à 100 %")
    found = lambda words: len(alice.api.get("memory/search/", QUERY_STRING=f"q={words}").json()["results"])  # noqa: E731
    assert [found(words) for words in ("elodie", "the elodie", "ELODIE prefere", "100 %25", "cafe", "%25%25", "_")] == [
        1, 1, 1, 1, 0, 0, 0,
    ]  # fmt: skip
    assert alice.api.get("memory/search/").status_code == 400


@pytest.mark.parametrize("path", ["memory/", "memory/search/?q=souvenir"])
def test_a_list_asks_the_same_for_one_and_for_three(alice: Person, path: str) -> None:
    place = dataspace(alice)
    counts = []
    for extra in (1, 2):
        for _ in range(extra):
            long_term(alice, "Souvenir", place_id=place)
        alice.api.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert alice.api.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_wrong_is_named_in_the_readers_language(alice: Person) -> None:
    unplaced = {name: value for name, value in TERMS.items() if name != "place_kind"}
    answer = alice.api.post("memory/", unplaced, HTTP_ACCEPT_LANGUAGE="fr")
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "place_id": ["Ce qui est gardé longtemps vit dans un DataSpace\xa0: choisissez-en un."]
    }
    spoofed = alice.api.post("memory/", {**TERMS, "identity_id": "0196f1f0-0000-7000-8000-000000000000"})
    assert spoofed.status_code == 403


def test_the_answers_of_memory_are_kept_nowhere(alice: Person) -> None:
    word = "zibelinedelapi"
    place = str(dataspace(alice))
    body = {**TERMS, "text": word, "place_id": place}
    answer = alice.api.post("memory/", body, HTTP_IDEMPOTENCY_KEY="k" * 20)
    assert answer.status_code == 201
    pk = answer.json()["id"]
    assert alice.api.post(f"memory/{pk}/pin/", HTTP_IDEMPOTENCY_KEY="l" * 20).status_code == 200
    with alice.looking():
        assert not IdempotencyRecord.objects.exists()
    alice.api.delete(f"memory/{pk}/")
    assert tables_with(word) == []


def test_the_ten_laws_say_what_holds_them(alice: Person) -> None:
    found = alice.api.get("memory/laws/").json()["results"]
    assert [law["number"] for law in found] == list(range(1, 11))
    assert all(law["says"] and law["enforced"] for law in found)


def test_short_term_memory_is_of_the_sign_in_that_asked(alice: Person) -> None:
    first, second = Api(alice.user), Api(alice.user)
    terms = {"type": "short_term", "category": "context", "text": "Je cherche un bail"}
    kept = first.post("memory/", terms)
    assert kept.status_code == 201
    path = f"memory/{kept.json()['id']}/"
    assert first.get(path).status_code == 200
    assert second.get(path).status_code == 404
    assert second.get("memory/").json()["results"] == []
    assert second.post(f"{path}pin/").status_code == 404
