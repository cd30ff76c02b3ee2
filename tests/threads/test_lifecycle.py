"""threads/actions/lifecycle.py: created, renamed, resolved, archived, reopened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from governance.audit.models import AuditEntry
from governance.errors import BadInput, Conflict, IdentityBoundary, NotAllowed, NotThere, Unprocessable
from governance.live.models import Event
from governance.perform import perform
from spheres.models import DataSpace
from tests.cast import Person, make_workshop
from tests.threads.conftest import MakeThread
from threads.models import Thread
from threads.usage import add_usage

CREATE = {"title": "Bail", "sphere": "business"}


def status_of(alice: Person, thread: Any) -> str:
    with alice.looking():
        return Thread.objects.get(pk=thread.pk).status


def test_a_new_thread_is_active_has_the_standard_budget_and_is_announced(alice: Person) -> None:
    with alice.acting():
        thread = perform("threads.thread.create", CREATE)
    with alice.looking():
        row = Thread.objects.get(pk=thread.pk)
        assert (row.title, row.sphere, row.type, row.status) == ("Bail", "business", "conversation", "active")
        assert (row.token_budget, row.tokens_used, row.cost_pico_usd) == (10_000, 0, 0)
        assert row.created_by == alice.user.pk
        event = Event.objects.get(object_id=thread.pk)
        assert (event.kind, event.data) == ("thread.created", {"sphere": "business"})


@pytest.mark.parametrize(("size", "budget"), [("minimal", 5_000), ("standard", 10_000), ("complex", 25_000)])
def test_the_size_sets_the_budget(alice: Person, make_thread: MakeThread, size: str, budget: int) -> None:
    assert make_thread(alice, size=size).token_budget == budget


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sphere": "kitchen"}, "sphere"),
        ({"type": "gossip"}, "type"),
        ({"size": "huge"}, "size"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_fields_are_named(alice: Person, wrong: dict[str, str], field: str) -> None:
    with alice.acting(), pytest.raises(BadInput) as refused:
        perform("threads.thread.create", CREATE | wrong)
    assert list(refused.value.errors) == [field]


def make_dataspace(alice: Person, **values: Any) -> DataSpace:
    from governance.uow import unit_of_work

    with alice.acting(), unit_of_work():
        return DataSpace.objects.create(name="Fabre", **{"sphere": "business", **values})


def test_a_thread_may_be_about_a_dataspace_of_its_sphere(alice: Person, make_thread: MakeThread) -> None:
    dataspace = make_dataspace(alice)
    assert make_thread(alice, dataspace=dataspace.pk).dataspace_id == dataspace.pk


def test_a_dataspace_of_another_sphere_contradicts_the_thread(alice: Person, make_thread: MakeThread) -> None:
    with pytest.raises(Unprocessable) as refused:
        make_thread(alice, dataspace=make_dataspace(alice, sphere="personal").pk)
    assert refused.value.code == "sphere_mismatch"


def test_an_archived_dataspace_takes_no_new_thread(alice: Person, make_thread: MakeThread) -> None:
    with pytest.raises(Conflict) as refused:
        make_thread(alice, dataspace=make_dataspace(alice, status="archived").pk)
    assert refused.value.code == "dataspace_inactive"


def test_a_dataspace_of_another_identity_is_refused(alice: Person, charlie: Person, make_thread: MakeThread) -> None:
    with pytest.raises(IdentityBoundary):
        make_thread(charlie, dataspace=make_dataspace(alice).pk)


def test_renaming_changes_the_title_and_is_announced(alice: Person, thread: Any) -> None:
    with alice.acting():
        perform("threads.thread.rename", {"thread": thread.pk, "title": "Avis de modification"})
    with alice.looking():
        assert Thread.objects.get(pk=thread.pk).title == "Avis de modification"
        assert Event.objects.filter(object_id=thread.pk).order_by("-seq").first().kind == "thread.changed"


def test_resolve_archive_and_reopen_are_steps_of_one_life(alice: Person, thread: Any) -> None:
    steps = [("resolve", "resolved"), ("archive", "archived"), ("reopen", "active"), ("archive", "archived")]
    for step, expected in steps:
        with alice.acting():
            assert perform(f"threads.thread.{step}", {"thread": thread.pk}).status == expected
        assert status_of(alice, thread) == expected


@pytest.mark.parametrize(
    ("before", "step", "code"),
    [
        ("active", "reopen", "thread_state"),
        ("resolved", "resolve", "thread_state"),
        ("archived", "archive", "thread_archived"),
        ("archived", "resolve", "thread_archived"),
    ],
)
def test_a_step_that_does_not_fit_is_a_conflict(alice: Person, thread: Any, before: str, step: str, code: str) -> None:
    with alice.acting():
        if before != "active":
            perform(f"threads.thread.{before.removesuffix('d')}", {"thread": thread.pk})
        with pytest.raises(Conflict) as refused:
            perform(f"threads.thread.{step}", {"thread": thread.pk})
    assert refused.value.code == code
    assert status_of(alice, thread) == before


def test_an_archived_thread_keeps_its_title(alice: Person, thread: Any) -> None:
    with alice.acting():
        perform("threads.thread.archive", {"thread": thread.pk})
        with pytest.raises(Conflict) as refused:
            perform("threads.thread.rename", {"thread": thread.pk, "title": "Autre"})
    assert refused.value.code == "thread_archived"


STEPS = ["rename", "resolve", "archive", "reopen"]


def params_of(step: str, pk: UUID) -> dict[str, Any]:
    return {"thread": pk} | ({"title": "Autre"} if step == "rename" else {})


@pytest.mark.parametrize("step", STEPS)
def test_a_viewer_changes_no_thread(alice: Person, bob: Person, make_thread: MakeThread, step: str) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    thread = make_thread(alice, firm)
    with bob.acting(firm), pytest.raises(NotAllowed):
        perform(f"threads.thread.{step}", params_of(step, thread.pk))


def test_a_viewer_starts_no_thread(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    with pytest.raises(NotAllowed):
        make_thread(bob, firm)


@pytest.mark.parametrize("step", STEPS)
def test_a_thread_of_another_identity_is_out_of_reach(alice: Person, charlie: Person, thread: Any, step: str) -> None:
    with charlie.acting(), pytest.raises(IdentityBoundary):
        perform(f"threads.thread.{step}", params_of(step, thread.pk))
    assert status_of(alice, thread) == "active"


@pytest.mark.parametrize("step", STEPS)
def test_a_thread_of_nobody_is_not_there(alice: Person, step: str) -> None:
    with alice.acting(), pytest.raises(NotThere):
        perform(f"threads.thread.{step}", params_of(step, uuid7()))


def test_every_step_leaves_an_entry_about_the_thread(alice: Person, thread: Any) -> None:
    with alice.acting():
        perform("threads.thread.resolve", {"thread": thread.pk})
        perform("threads.thread.archive", {"thread": thread.pk})
    with alice.looking():
        entries = AuditEntry.objects.filter(resource_id=thread.pk).order_by("seq")
        assert [entry.action for entry in entries] == [
            "threads.thread.create",
            "threads.thread.resolve",
            "threads.thread.archive",
        ]


def test_usage_adds_up(alice: Person, thread: Any) -> None:
    from governance.uow import unit_of_work

    for _ in range(2):
        with alice.acting(), unit_of_work() as uow:
            add_usage(uow, thread.pk, 300, 9_000_000_000)
    with alice.looking():
        row = Thread.objects.get(pk=thread.pk)
        assert (row.tokens_used, row.cost_pico_usd, row.tokens_left) == (600, 18_000_000_000, 9_400)


def test_usage_never_shrinks_and_needs_a_thread(alice: Person, thread: Any) -> None:
    from governance.uow import unit_of_work

    with alice.acting(), unit_of_work() as uow:
        with pytest.raises(ValueError, match="only grows"):
            add_usage(uow, thread.pk, -1, 0)
        with pytest.raises(NotThere):
            add_usage(uow, uuid7(), 1, 1)
