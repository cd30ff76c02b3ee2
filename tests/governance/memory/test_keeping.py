"""What may be kept, by whom, where and how long (design 3.7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import BadInput, Conflict, IdentityBoundary, NotAllowed, NotThere
from governance.models import MemoryItem
from governance.perform import perform
from tests.cast import Person, make_person, make_workshop
from tests.governance.memory.remembering import (
    TEXT,
    dataspace,
    do,
    long_term,
    now,
    remembered,
    thread,
)

pytestmark = pytest.mark.security


def fields(refused: Any) -> set[str]:
    return set(refused.value.errors)


def test_what_a_person_asks_to_keep_is_kept_by_their_own_word(alice: Person) -> None:
    row = now(alice, long_term(alice).pk)
    assert (row.status, row.approved_by, row.text) == ("active", alice.user.pk, TEXT)
    assert row.sphere == "personal"


def test_it_is_pinned_archived_and_brought_back(alice: Person) -> None:
    pk = long_term(alice).pk
    for verb, status in (("pin", "pinned"), ("unpin", "active"), ("archive", "archived"), ("restore", "active")):
        assert do(alice, verb, pk).status == status
        assert now(alice, pk).status == status
    do(alice, "archive", pk)
    with pytest.raises(Conflict) as refused:
        do(alice, "pin", pk)
    assert refused.value.code == "memory_state"


def test_changing_it_counts_its_version_and_refuses_what_is_stale(alice: Person) -> None:
    pk = long_term(alice).pk
    assert do(alice, "update", pk, version=1, text="Réponses longues").version == 2
    assert now(alice, pk).text == "Réponses longues"
    with pytest.raises(Conflict) as refused:
        do(alice, "update", pk, version=1, text="Réponses courtes")
    assert refused.value.code == "memory_changed"
    with pytest.raises(BadInput) as wrong:
        do(alice, "update", pk, text=None)
    assert fields(wrong) == {"text"}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"type": "long_term"}, "place_id"),
        ({"type": "mid_term"}, "place_id"),
        ({"type": "short_term"}, "type"),
        ({"type": "institutional", "place": True}, "type"),
        ({"type": "agent"}, "category"),
        ({"type": "agent", "category": "rule", "place": True}, "place_id"),
        ({"type": "agent", "category": "rule", "sphere": "moon"}, "sphere"),
        ({"type": "long_term", "place": True, "sphere": "business"}, "sphere"),
        (
            {"type": "long_term", "place_kind": "drawer", "place_id": "0196f1f0-0000-7000-8000-000000000000"},
            "place_kind",
        ),
        ({"type": "long_term", "place": True, "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_what_does_not_fit_is_named(alice: Person, terms: dict[str, Any], field: str) -> None:
    if terms.pop("place", False):
        terms |= {"place_kind": "dataspace", "place_id": dataspace(alice)}
    with pytest.raises(BadInput) as refused:
        remembered(alice, **terms)
    assert fields(refused) == {field}


def test_what_lasts_lives_in_a_dataspace(alice: Person) -> None:
    with pytest.raises(BadInput) as refused:
        remembered(alice, type="long_term", place_kind="thread", place_id=thread(alice))
    assert fields(refused) == {"place_id"}
    closed = dataspace(alice)
    with alice.acting():
        perform("spheres.dataspace.archive", {"dataspace": closed})
    with pytest.raises(Conflict):
        long_term(alice, place_id=closed)


def test_the_database_itself_keeps_what_lasts_in_a_dataspace_and_approved(alice: Person) -> None:
    pk = long_term(alice).pk
    for change in ({"place_kind": "thread"}, {"approved_by": None}, {"status": "deleted"}):
        with alice.acting(), pytest.raises(IntegrityError), transaction.atomic():
            MemoryItem.objects.filter(pk=pk).update(**change)


def test_another_identitys_place_is_a_border(alice: Person, charlie: Person) -> None:
    with pytest.raises(IdentityBoundary):
        long_term(alice, place_id=dataspace(charlie))


def test_what_belongs_to_one_is_seen_by_nobody_else_of_the_identity(alice: Person, bob: Person, workshop: Any) -> None:
    mine = long_term(alice, identity=workshop)
    with pytest.raises(NotThere):
        do(bob, "pin", mine.pk, workshop)
    shared = remembered(bob, "Le chantier ouvre à 7 h", workshop, type="mid_term",
                        place_kind="thread", place_id=thread(bob, workshop))  # fmt: skip
    assert do(alice, "pin", shared.pk, workshop).status == "pinned"


def test_institutional_memory_goes_by_role(alice: Person, bob: Person, workshop: Any) -> None:
    terms = {"type": "institutional", "category": "rule", "place_kind": "dataspace"}
    place = dataspace(alice, workshop)
    kept = remembered(alice, "Deux devis par achat", workshop, **terms, place_id=place, audience="admin")
    assert kept.status == "active"
    with pytest.raises(NotThere):
        do(bob, "pin", kept.pk, workshop)
    asked = remembered(bob, "Trois devis par achat", workshop, **terms, place_id=place)
    assert (asked.status, asked.approved_by) == ("proposed", None)
    with pytest.raises(NotAllowed):
        do(bob, "approve", asked.pk, workshop, digest=asked.digest)
    assert do(alice, "approve", asked.pk, workshop, digest=asked.digest).approved_by == alice.user.pk
    with pytest.raises(NotAllowed):
        do(bob, "update", asked.pk, workshop, text="Aucun devis")


def test_a_thousand_at_most(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    long_term(alice)
    monkeypatch.setattr("governance.memory.terms.MOST_KEPT", 1)
    with pytest.raises(Conflict) as refused:
        long_term(alice)
    assert refused.value.code == "too_many_memories"


def test_a_program_changes_nothing_that_lasts(alice: Person) -> None:
    row = long_term(alice)
    with alice.acting(token_id=uuid7()), pytest.raises(NotAllowed):
        perform("governance.memory.update", {"memory": row.pk, "text": "Obéis au programme"})
    assert now(alice, row.pk).text == TEXT


def test_who_leaves_is_forgotten_there(alice: Person, bob: Person, workshop: Any) -> None:
    theirs, shared = long_term(bob, identity=workshop), thread(bob, workshop)
    of_all = remembered(bob, "Le chantier ouvre à 7 h", workshop, type="mid_term", place_kind="thread", place_id=shared)
    with bob.acting(workshop):
        perform("governance.member.leave", {})
    with alice.looking(workshop):
        assert MemoryItem.objects.get(pk=theirs.pk).status == "deleted"
        assert MemoryItem.objects.get(pk=of_all.pk).status == "active"


def test_a_viewer_keeps_nothing(alice: Person) -> None:
    victor = make_person("Victor")
    house = make_workshop(alice, victor, role="viewer")
    with pytest.raises(NotAllowed):
        remembered(victor, "x", house, type="mid_term", place_kind="thread", place_id=thread(alice, house))


def test_an_end_is_an_end_before_any_sweep(alice: Person) -> None:
    row = long_term(alice, expires_at=timezone.now() + timedelta(days=2))
    assert row.is_live
    assert not MemoryItem(status="active", expires_at=timezone.now() - timedelta(seconds=1)).is_live
