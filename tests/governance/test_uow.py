"""The unit of work: what must happen together is written together; many writers of one identity queue (design 2.2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from governance.errors import BadInput, NoIdentity
from governance.isolation.context import bind
from governance.models import Event
from governance.models import IdempotencyRecord as Record
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person
from tests.governance.acts import Note, bodies_of, declared, entries_of, payload_of
from tests.governance.audit.chains import verified
from tests.governance.isolation.walls import unsaved
from tests.governance.people.racing import race


def keep(uow: Any, params: Note) -> Record:
    row = unsaved()
    row.save(force_insert=True)
    uow.announce("test.kept", row.pk, number=params.number)
    return row


def test_it_is_never_nested_and_never_anonymous(alice: Person) -> None:
    with alice.acting(), transaction.atomic(), pytest.raises(RuntimeError, match="never nested"), unit_of_work():
        pass
    with alice.acting(), unit_of_work(), pytest.raises(RuntimeError, match="never nested"), unit_of_work():
        pass
    with pytest.raises(NoIdentity), unit_of_work():
        pass


def test_an_empty_unit_writes_no_entry(alice: Person) -> None:
    before = len(entries_of(alice))
    with alice.acting(), unit_of_work():
        pass
    assert len(entries_of(alice)) == before


def test_a_further_act_has_an_entry_of_its_own_in_the_same_transaction(alice: Person) -> None:
    def outer(uow: Any, params: Note) -> Record:
        uow.tell(before={"text": "outer, before"})
        child = uow.also("test.note.keep", Note(text="inner", number=1))
        uow.tell(child=str(child.pk))
        uow.reason("with_a_child")
        return keep(uow, params)

    def inner(uow: Any, params: Note) -> Record:
        uow.tell(inside=True)
        return keep(uow, params)

    before = len(entries_of(alice))
    with declared("test.note.keep", inner), declared("test.note.wrap", outer) as name, alice.acting():
        perform(name, {"text": "outer"})
    first, second = entries_of(alice)[before:]
    assert [first.action, second.action] == ["test.note.wrap", "test.note.keep"]
    wrapped, kept = payload_of(alice, first), payload_of(alice, second)
    assert set(wrapped) == {"params", "before", "child"}
    assert (set(kept), kept["params"]["text"]) == ({"params", "inside"}, "inner")
    assert [body["reason"] for body in bodies_of(alice)[before:]] == ["with_a_child", ""]
    assert wrapped["child"] == str(second.resource_id)


def test_a_fault_in_the_further_act_takes_both_back(alice: Person) -> None:
    def outer(uow: Any, params: Note) -> Record:
        row = keep(uow, params)
        uow.also("test.note.break", Note())
        return row

    def broken(uow: Any, params: Note) -> None:
        raise ZeroDivisionError

    before = len(entries_of(alice))
    with (
        declared("test.note.break", broken),
        declared("test.note.wrap", outer) as name,
        alice.acting(),
        pytest.raises(ZeroDivisionError),
    ):
        perform(name, {})
    assert len(entries_of(alice)) == before
    with alice.looking():
        assert Record.objects.count() == 0


def test_what_waits_for_the_commit_runs_after_it_and_never_without_it(alice: Person) -> None:
    calls: list[bool] = []

    def later(uow: Any, params: Note) -> None:
        uow.after_commit.append(lambda: calls.append(connection.in_atomic_block))
        if params.number:
            raise BadInput("no")

    with declared("test.note.later", later) as name, alice.acting():
        perform(name, {})
        with pytest.raises(BadInput):
            perform(name, {"number": 1})
    assert calls == [False]


def test_an_event_may_carry_a_kind_of_its_own(alice: Person) -> None:
    with alice.acting(), unit_of_work() as uow:
        uow.announce("test.kept", None, kind="inner", seq=7)
    with alice.looking():
        event = Event.objects.newest_first().order_by("-seq")[0]
    assert (event.kind, event.data) == ("test.kept", {"kind": "inner", "seq": 7})


def test_sixteen_writers_of_one_identity_make_one_gapless_chain(alice: Person) -> None:
    """16 threads, 25 acts each: no dead-lock, no gap, no entry lost, and the chain verifies."""
    before = verified(alice).entries
    context = alice.context()

    def write(writer: int) -> int:
        done = 0
        for number in range(25):
            with bind(context):
                perform("test.note.keep", {"number": writer * 100 + number})
            done += 1
        return done

    with declared("test.note.keep", keep):
        assert race(16, write) == [25] * 16
    report = verified(alice, payloads=True)
    assert (report.ok, report.entries) == (True, before + 400)
    with alice.looking():
        seqs = list(Event.objects.filter(kind="test.kept").order_by("seq").values_list("seq", flat=True))
        assert Record.objects.count() == 400
        numbers = set(Event.objects.filter(kind="test.kept").values_list("data__number", flat=True))
    assert len(seqs) == 400
    assert seqs == list(range(seqs[0], seqs[0] + 400))
    assert len(numbers) == 400


def test_writers_of_two_identities_do_not_mix(alice: Person, charlie: Person) -> None:
    people = [alice, charlie]
    before = [verified(person).entries for person in people]

    def write(writer: int) -> None:
        person = people[writer % 2]
        for number in range(10):
            with bind(person.context()):
                perform("test.note.keep", {"number": number})

    with declared("test.note.keep", keep):
        assert race(8, write) == [None] * 8
    for person, entries in zip(people, before, strict=True):
        report = verified(person, payloads=True)
        assert (report.ok, report.entries) == (True, entries + 40)
