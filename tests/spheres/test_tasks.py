"""Tasks (actions/tasks.py)."""

from __future__ import annotations

from datetime import date

import pytest

from governance.errors import BadInput, IdentityBoundary, NotAllowed
from governance.isolation.context import reading
from governance.perform import perform
from spheres.models import Item, ItemVersion
from tests.spheres import makers


def complete(task, **values):
    return perform("spheres.task.complete", {"task": task.pk, **values})


def test_completing_toggles_and_keeps_when(alice):
    with alice.acting():
        made = makers.task()
        done = complete(made)
        assert (done.status, done.version) == ("complete", 2)
        assert done.completed_at is not None
        again = complete(made)
    assert (again.status, again.completed_at, again.version) == ("pending", None, 3)


def test_saying_done_twice_is_done_once(alice):
    with alice.acting():
        made = makers.task()
        complete(made, complete=True)
        assert complete(made, complete=True).version == 2
        with reading():
            assert ItemVersion.objects.filter(item=made).count() == 2


def test_the_state_complete_by_an_update_also_keeps_when(alice):
    with alice.acting():
        made = makers.task()
        done = perform("spheres.item.update", {"item": made.pk, "version": 1, "status": "complete"})
        assert done.completed_at is not None
        open_again = perform("spheres.item.update", {"item": made.pk, "version": 2, "status": "blocked"})
    assert (open_again.status, open_again.completed_at) == ("blocked", None)


def test_a_note_cannot_be_completed(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(BadInput):
            complete(made)


def test_who_does_it_is_a_member_of_the_identity(alice, bob, charlie, workshop):
    with alice.acting(workshop):
        assert makers.task(assignee=bob.user.pk).assignee == bob.user.pk
        with pytest.raises(BadInput) as refused:
            makers.task(assignee=charlie.user.pk)
        made = makers.task()
        with pytest.raises(BadInput):
            perform("spheres.item.update", {"item": made.pk, "version": 1, "assignee": charlie.user.pk})
    assert list(refused.value.errors) == ["assignee"]


def test_tasks_come_by_due_day_and_those_without_one_last(alice):
    with alice.acting():
        for title, day in (("sans", None), ("tard", "2026-12-24"), ("tôt", "2026-11-01")):
            makers.task(title, due_on=day)
        with reading():
            assert [row.title for row in Item.objects.open_tasks().by_due_date()] == ["tôt", "tard", "sans"]
            assert [row.title for row in Item.objects.due_by(date(2026, 11, 1))] == ["tôt"]


def test_a_stranger_and_a_viewer_complete_nothing(alice, bob, charlie, workshop):
    with alice.acting(workshop):
        made = makers.task()
    with charlie.acting(), pytest.raises(IdentityBoundary):
        complete(made)
    with bob.acting(workshop, role="viewer"):
        with pytest.raises(NotAllowed):
            complete(made)
        with pytest.raises(NotAllowed):
            makers.task()


@pytest.mark.parametrize("values", [{"priority": "asap"}, {"due_on": "demain"}, {"sphere": "xr"}, {"title": " "}])
def test_a_task_that_makes_no_sense_is_refused(alice, values):
    with alice.acting(), pytest.raises(BadInput) as refused:
        makers.task(**{"title": "Payer", **values})
    assert list(refused.value.errors) == list(values)
