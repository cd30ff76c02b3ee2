"""Load and authorise in one breath: mine, another's, nobody's (design 3.2.2)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.checkpoints.models import Checkpoint
from governance.errors import IdentityBoundary, NoIdentity, NoTransaction, NotThere
from governance.isolation import lookup
from governance.isolation.context import system_reason
from governance.isolation.lookup import find
from governance.models import IdempotencyRecord as Record
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, vote
from tests.governance.isolation.walls import nobody, record


def test_my_row_is_found_by_manager_and_by_queryset(alice: Person) -> None:
    row = record(alice)
    with alice.looking():
        assert find(Record.objects, row.pk) == row
        assert find(Record.objects.filter(status=201), str(row.pk)) == row
        assert system_reason() is None


def test_another_identitys_row_is_a_boundary_refusal_that_does_not_say_whose(alice: Person, charlie: Person) -> None:
    foreign = record(charlie)
    with alice.looking(), pytest.raises(IdentityBoundary) as refusal:
        find(Record.objects, foreign.pk)
    assert (refusal.value.status, refusal.value.code) == (403, "identity_boundary_violation")
    assert (refusal.value.kind, refusal.value.target) == ("cross_identity_access", charlie.identity.pk)
    assert str(charlie.identity.pk) not in f"{refusal.value} {refusal.value.detail} {refusal.value.extra}"


def test_my_other_identity_is_another_identity(alice: Person, workshop: Any) -> None:
    row = record(alice, workshop)
    with alice.looking(), pytest.raises(IdentityBoundary):
        find(Record.objects, row.pk)
    with alice.looking(workshop):
        assert find(Record.objects, row.pk) == row


def test_an_id_nobody_has_is_not_there(alice: Person) -> None:
    with alice.looking(), pytest.raises(NotThere):
        find(Record.objects, nobody())


def test_my_row_outside_the_conditions_is_not_there(alice: Person) -> None:
    row = record(alice)
    with alice.looking():
        with pytest.raises(NotThere):
            find(Record.objects, row.pk, status=500)
        with pytest.raises(NotThere):
            find(Record.objects.filter(status=500), row.pk)


def test_a_row_of_another_parent_is_not_found_below_this_one(alice: Person) -> None:
    """The manager of related rows is a manager, too: the short way must not forget the parent."""
    here, there = ask(alice, subject="Un"), ask(alice, subject="Deux")
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": there["id"], **vote(there, "reject")})
    with alice.looking():
        mine, other = (Checkpoint.objects.get(pk=shown["id"]) for shown in (there, here))
        cast = mine.votes.get()
        assert find(mine.votes, cast.pk) == cast
        with pytest.raises(NotThere):
            find(other.votes, cast.pk)


def test_without_a_transaction_or_an_identity_nothing_is_looked_up(alice: Person) -> None:
    row = record(alice)
    with alice.acting(), pytest.raises(NoTransaction):
        find(Record.objects, row.pk)
    with pytest.raises(NoIdentity):
        find(Record.objects, row.pk)


def test_a_foreign_row_outside_the_conditions_is_still_foreign(alice: Person, charlie: Person) -> None:
    foreign = record(charlie)
    with alice.looking(), pytest.raises(IdentityBoundary):
        find(Record.objects, foreign.pk, status=500)


def test_the_refusal_depends_on_the_owner_question(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: without asking who owns it, a foreign row would look like nobody's."""
    foreign = record(charlie)
    monkeypatch.setattr(lookup, "refusal", lambda model, pk: NotThere())
    with alice.looking(), pytest.raises(NotThere):
        find(Record.objects, foreign.pk)
