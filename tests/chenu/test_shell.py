"""What the frame of every page tells: what waits, and what is left to spend."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.test import RequestFactory
from uuid_utils.compat import uuid7

from chenu import frame as frames
from chenu import shell as frame
from governance.isolation.context import bind
from governance.isolation.roles import as_owner
from governance.ledger import budget
from governance.models import ChainHead, Checkpoint
from governance.notices.reading import notices_here
from spheres import today
from tests.cast import Api, Person
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


def test_the_frame_knows_what_the_apps_say_waits_and_what_the_ledger_says_is_left(alice: Person, workshop: Any) -> None:
    """It is read by SQL of its own: the same answers as those of who owns the facts."""
    spheres = [ask(alice, subject=str(number)) and sphere for number, sphere in enumerate(("", "team", "team"))]
    for identity in (alice.identity, workshop):
        with alice.looking(identity):
            frame = frames.read()
            assert (frame.left, frame.cap) == budget.credits_left()
            assert frame.waiting == today.waiting()
            assert frame.seq == (ChainHead.objects.values_list("event_seq", flat=True).first() or 0)
    with alice.acting(), transaction.atomic():
        for row, sphere in zip(Checkpoint.objects.waiting(), spheres, strict=True):
            Checkpoint.objects.filter(pk=row.pk).update(sphere=sphere)
        held = budget.hold(budget.thread_account(uuid7(), "personal", 60_000), 25_500, 0)
    with alice.looking():
        assert frames.read().waiting == today.waiting() == {"team": 2}
        assert (frames.read().left, frames.read().cap) == budget.credits_left() == (74_500, 100_000)
    with alice.acting(), transaction.atomic():
        budget.settle(held.id, 20_000, 0)
    with alice.looking():
        assert (frames.read().left, frames.read().cap) == budget.credits_left() == (80_000, 100_000)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_cap SET window_start = window_start - 62 WHERE identity_id = %s", [alice.identity.pk]
        )
    with alice.looking():
        assert (frames.read().left, frames.read().cap) == budget.credits_left() == (100_000, 100_000)


def test_the_bell_counts_what_the_page_of_notifications_lists(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    ask(alice, workshop)
    assert Api(charlie.user, workshop).get("threads/").status_code == 403  # an alert for its owner
    for person, identity, elsewhere, here in (
        (alice, alice.identity, 2, 0),
        (alice, workshop, 0, 1),
        (bob, bob.identity, 1, 0),
        (bob, workshop, 0, 1),
    ):
        with person.looking(identity):
            assert (frames.read().notices, frames.read().unread) == (elsewhere, here)
            assert len(notices_here()) == elsewhere


def test_the_frame_shows_nothing_of_others_though_it_says_so_itself_only_once(alice: Person, charlie: Person) -> None:
    """Twin: without the condition of the statement, row-level security still stands."""
    ask(alice)
    with charlie.looking():
        assert frames.read().spheres == []
    open_handed = frames.FRAME.replace("q.identity_id = i.id AND", "")
    assert open_handed != frames.FRAME
    with charlie.looking(), connection.cursor() as cursor:
        cursor.execute(open_handed, [100, 100, 20, 20, charlie.user.pk, charlie.identity.pk])
        assert cursor.fetchone()[2] == []


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
