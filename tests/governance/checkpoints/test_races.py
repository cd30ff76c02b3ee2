"""Approve, refuse, withdraw, raise and expire at once: one ending, whoever is first (design 3.4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.envelope import envelope_digest
from governance.checkpoints.models import Checkpoint, Execution, Vote
from governance.checkpoints.tasks import sweep
from governance.errors import GovernanceError
from governance.isolation.context import bind
from governance.models import AuditEntry, OutboundMail
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, make_overdue, status_of, vote

pytestmark = pytest.mark.security
ENDINGS = {"approved", "rejected", "cancelled"}


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Runs each in a thread of its own, on a connection of its own; '' or the code of each refusal."""
    barrier, codes = threading.Barrier(len(calls)), [""] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            call()
        except GovernanceError as refusal:
            codes[place] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


@pytest.mark.parametrize("late", [False, True], ids=["in time", "overdue"])
@pytest.mark.parametrize("turn", range(3))
def test_it_ends_in_one_state(turn: int, late: bool, alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop, subject=f"n° {turn}")
    if late:
        make_overdue(Person(alice.user, workshop), shown)

    def doing(person: Person, name: str, **params: Any) -> Callable[[], Any]:
        context = person.context(workshop)

        def call() -> None:
            with bind(context):
                perform(name, {"checkpoint": shown["id"], **params})

        return call

    codes = at_once(
        doing(alice, "governance.checkpoint.decide", **vote(shown)),
        doing(bob, "governance.checkpoint.decide", **vote(shown, "reject")),
        doing(alice, "governance.checkpoint.cancel"),
        lambda: sweep(None),
    )
    status = status_of(alice, shown, workshop)
    done = [code for code in codes[:3] if not code]
    assert status in ({"expired", "cancelled"} if late else ENDINGS)
    assert len(done) == (0 if status == "expired" else 1)
    with alice.looking(workshop):
        assert Vote.objects.count() == (1 if status in {"approved", "rejected"} else 0)
        endings = AuditEntry.objects.filter(action__startswith="governance.checkpoint.", outcome="allowed")
        assert endings.count() == 1


@pytest.fixture
def approved(alice: Person) -> tuple[Person, dict[str, Any]]:
    shown = ask(alice)
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    return alice, shown


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a document stands, lists and objects themselves included."""
    found = [before] if before else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        found += paths(inner, (*before, name))
    return found


def altered(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    import copy

    changed: Any = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize("reseal", [False, True], ids=["digest kept", "digest made anew"])
def test_any_altered_field_of_an_approved_envelope_is_refused(
    reseal: bool, approved: tuple[Person, dict[str, Any]]
) -> None:
    """All fields, wherever they stand, also by somebody who can write the digest that fits."""
    alice, shown = approved
    with alice.looking():
        whole = Checkpoint.objects.get(pk=shown["id"]).envelope
    walked = paths(whole)
    assert {path[0] for path in walked} == set(whole)
    for path in walked:
        changed = altered(whole, path, "altered")
        written = {"envelope": changed} | ({"envelope_digest": envelope_digest(changed)} if reseal else {})
        with alice.acting():
            with transaction.atomic():
                Checkpoint.objects.filter(pk=shown["id"]).update(**written)
            with pytest.raises(GovernanceError) as refused:
                perform("governance.message.send", mail_of(shown), approval=shown["id"])
        assert refused.value.code in {"stale_checkpoint", "invalid"}, path
    with alice.looking():
        assert not OutboundMail.objects.exists()
        assert not Execution.objects.exists()


def mail_of(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown["preview"][name] for name in ("to", "subject", "body")}


def test_untouched_it_runs(approved: tuple[Person, dict[str, Any]]) -> None:
    """Twin: what is refused above is refused for the change."""
    alice, shown = approved
    with alice.acting():
        carry_out_approved(shown["id"])
    assert status_of(alice, shown) == "executed"


@given(st.data())
def test_another_value_anywhere_is_another_digest(data: st.DataObject) -> None:
    whole = {"version": 1, "params": {"to": ["a@b.c"], "body": "x"}, "models": ["m"], "hold": None, "nonce": "00"}
    path = data.draw(st.sampled_from(paths(whole)))
    value = data.draw(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5))
    changed = altered(whole, path, value)
    same = changed == whole and repr(changed) == repr(whole)
    assert (envelope_digest(changed) == envelope_digest(whole)) is same
