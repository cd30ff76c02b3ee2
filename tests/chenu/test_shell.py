"""What the frame of every page tells: what waits, and what is left to spend."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.test import RequestFactory
from uuid_utils.compat import uuid7

from chenu import shell as frame
from governance.isolation.context import bind
from governance.ledger import budget
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, counted, make_overdue, vote


def drawn(person: Person, context: Any) -> frame.Shell:
    request = RequestFactory().get("/")
    request.user, request.context = person.user, context  # type: ignore[attr-defined]
    return frame.Shell(request)


def test_waiting_counts_open_questions_only(alice: Person) -> None:
    ask(alice)
    decided, late = ask(alice, subject="Mercredi"), ask(alice, subject="Jeudi")
    alice.api.post(f"governance/checkpoints/{decided['id']}/decision/", vote(decided, "reject"))
    make_overdue(alice, late)
    with alice.acting() as context:
        assert drawn(alice, context).waiting == 1


def test_waiting_is_counted_up_to_its_cap(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(frame, "MOST_WAITING", 2)
    for number in range(3):
        ask(alice, subject=str(number))
    with alice.acting() as context:
        assert drawn(alice, context).waiting == 2


def test_another_identitys_questions_are_not_counted(alice: Person, charlie: Person) -> None:
    ask(alice)
    with charlie.acting() as context:
        assert drawn(charlie, context).waiting == 0


def test_credits_are_what_is_left_of_the_month(alice: Person) -> None:
    with alice.acting() as context:
        assert drawn(alice, context).credits == {"left": 100_000, "cap": 100_000, "percent": 100}
        with transaction.atomic():
            budget.hold(budget.thread_account(uuid7(), "personal", 60_000), 25_500, 0)
        assert drawn(alice, context).credits == {"left": 74_500, "cap": 100_000, "percent": 74}


def test_an_identity_without_credits_has_none_left(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop) as context:
        assert drawn(alice, context).credits == {"left": 0, "cap": 0, "percent": 0}


def test_both_are_read_only_when_drawn_and_once(alice: Person) -> None:
    with alice.acting() as context:
        shell = drawn(alice, context)
        with counted() as queries:
            assert (shell.waiting, shell.waiting) == (0, 0)
        assert len([query for query in queries if "governance_checkpoint" in query["sql"]]) == 1


def test_nobody_in_particular_has_neither(db: None) -> None:
    request = RequestFactory().get("/")
    with bind(None):
        shell = frame.Shell(request)
        assert (shell.waiting, shell.credits) == (0, None)
