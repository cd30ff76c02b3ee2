"""True forgetting: the words are looked for in the whole database afterwards (design 3.7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import CheckpointRequired, Conflict, NotAllowed
from governance.memory.tasks import clean
from governance.models import AuditEntry, Checkpoint, MemoryItem
from governance.perform import perform
from tests.cast import Person
from tests.governance.acts import entries_of, payload_of
from tests.governance.checkpoints.asking import make_rule
from tests.governance.memory.remembering import (
    dataspace,
    do,
    long_term,
    now,
    proposed,
    question,
    remembered,
    sign_in,
    sign_out,
    tables_with,
    thread,
    vote,
    work,
)

pytestmark = pytest.mark.security


def word() -> str:
    """One that stands nowhere else."""
    return f"zibeline{uuid7().hex}"


def payloads(person: Person) -> str:
    return "".join(str(payload_of(person, entry)) for entry in entries_of(person))


def test_nothing_is_left_of_what_a_person_had_kept(alice: Person) -> None:
    told = word()
    pk = long_term(alice, f"Ma {told} est grise").pk
    assert tables_with(told) == ["governance_memoryitem"]
    do(alice, "update", pk, text=f"Ma {told} est noire")
    do(alice, "pin", pk)
    assert do(alice, "delete", pk).status == "deleted"
    assert tables_with(told) == []
    assert told not in payloads(alice)
    assert do(alice, "delete", pk).status == "deleted"


def test_nothing_is_left_of_what_an_agent_proposed(alice: Person) -> None:
    told = word()
    row = proposed(alice, f"Sa {told} est grise")
    asked = question(alice, row)
    vote(alice, asked)
    work(alice, asked)
    assert tables_with(told) == ["governance_memoryitem"]
    do(alice, "delete", row.pk)
    assert tables_with(told) == []
    assert told not in payloads(alice)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_words_that_stood_in_a_question_of_a_rule_leave_it(alice: Person, decision: str) -> None:
    told = word()
    make_rule(alice, name="Souvenirs", conditions=[{"key": "action", "op": "eq", "value": "governance.memory.create"}])
    with pytest.raises(CheckpointRequired):
        long_term(alice, f"Ma {told} est grise")
    with alice.looking():
        asked = Checkpoint.objects.get()
    vote(alice, asked, decision)
    if decision == "approve":
        from governance.checkpoints.carrying import carry_out_approved

        with alice.acting():
            carry_out_approved(asked.pk)
        assert tables_with(told) == ["governance_checkpoint", "governance_memoryitem"]
        with alice.looking():
            pk = MemoryItem.objects.get().pk
        do(alice, "delete", pk)
    assert tables_with(told) == []
    assert told not in payloads(alice)


def test_no_rule_of_the_identity_stands_against_forgetting(alice: Person) -> None:
    pk = long_term(alice).pk
    make_rule(alice, name="Rien n’est supprimé", effect="deny", conditions=[])
    assert do(alice, "delete", pk).status == "deleted"


def test_a_program_forgets_nothing(alice: Person) -> None:
    pk = long_term(alice).pk
    with alice.acting(token_id=uuid7()), pytest.raises(NotAllowed):
        perform("governance.memory.delete", {"memory": pk})
    assert now(alice, pk).status == "active"


def test_what_is_forgotten_cannot_come_back(alice: Person) -> None:
    pk = long_term(alice).pk
    do(alice, "delete", pk)
    for verb in ("pin", "archive", "restore"):
        with pytest.raises(Conflict) as refused:
            do(alice, verb, pk)
        assert refused.value.code == "memory_forgotten"


def test_what_is_past_its_end_is_swept(alice: Person) -> None:
    told = word()
    pk = long_term(alice, told, expires_at=timezone.now() + timedelta(days=1)).pk
    other = long_term(alice).pk
    clean(None)
    assert now(alice, pk).status == "active"
    with alice.acting(), transaction.atomic():
        MemoryItem.objects.filter(pk=pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    clean(None)
    assert (now(alice, pk).status, now(alice, other).status) == ("deleted", "active")
    assert tables_with(told) == []


def test_short_term_memory_dies_with_its_sign_in(alice: Person) -> None:
    told, key = word(), sign_in(alice, f"key{uuid7().hex}"[:40])
    short: dict[str, Any] = {"type": "short_term", "session": key}
    row = remembered(alice, f"Cherche {told}", **short)
    assert key not in row.session
    clean(None)
    assert now(alice, row.pk).status == "active"
    sign_out(key)
    clean(None)
    assert now(alice, row.pk).status == "deleted"
    assert tables_with(told) == []


def test_every_operation_is_on_the_record_without_the_words(alice: Person) -> None:
    told = word()
    pk = long_term(alice, told).pk
    for verb in ("pin", "unpin", "archive", "restore", "delete"):
        do(alice, verb, pk)
    with alice.looking():
        entries = AuditEntry.objects.filter(resource_id=pk).order_by("seq").values_list("action", flat=True)
        verbs = [name.rpartition(".")[2] for name in entries]
    assert verbs == ["create", "pin", "unpin", "archive", "restore", "delete"]
    assert told not in payloads(alice)


def test_what_is_kept_of_a_matter_is_forgotten_by_who_works_there(alice: Person, bob: Person, workshop: Any) -> None:
    place = thread(alice, workshop)
    row = remembered(alice, "Le chantier ouvre à 7 h", workshop, type="mid_term", place_kind="thread", place_id=place)
    assert do(bob, "delete", row.pk, workshop).status == "deleted"
    assert dataspace(alice)
