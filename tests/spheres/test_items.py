"""Items: versions, conflicts, the trash (actions/items.py)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils.timezone import now

from governance.errors import BadInput, Conflict, Gone, IdentityBoundary, NotAllowed, NotThere, Unprocessable
from governance.isolation.context import reading
from governance.perform import perform
from spheres.models import Item, ItemVersion
from tests.spheres import makers


def change(item, version, **values):
    return perform("spheres.item.update", {"item": item.pk, "version": version, **values})


def test_a_new_item_is_its_own_first_version(alice):
    with alice.acting():
        made = makers.item("Bail", content="Étape 1", type="document")
    with alice.looking():
        versions = list(ItemVersion.objects.of(made).values_list("version", "title", "content", "person"))
    assert made.version == 1
    assert versions == [(1, "Bail", "Étape 1", alice.user.pk)]


def test_every_save_is_a_version_and_the_former_text_stays(alice):
    with alice.acting():
        made = makers.item("Bail", content="un")
        saved = change(made, 1, content="deux")
    with alice.looking():
        versions = list(ItemVersion.objects.of(made).values_list("version", "content"))
    assert (saved.version, saved.title, saved.content) == (2, "Bail", "deux")
    assert versions == [(2, "deux"), (1, "un")]


def test_a_version_cannot_be_rewritten_or_deleted(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(DatabaseError), transaction.atomic():
            ItemVersion.objects.filter(item=made).update(content="autre")
        with pytest.raises(DatabaseError), transaction.atomic():
            ItemVersion.objects.filter(item=made).delete()


def test_a_save_that_did_not_see_the_last_version_changes_nothing(alice):
    with alice.acting():
        made = makers.item(content="un")
        change(made, 1, content="deux")
        with pytest.raises(Conflict) as refused:
            change(made, 1, content="trois")
        with reading():
            kept = Item.objects.get(pk=made.pk)
    assert (refused.value.code, refused.value.extra) == ("version_conflict", {"current_version": 2})
    assert (kept.version, kept.content) == (2, "deux")


def test_only_named_fields_change_and_null_empties_only_what_may_be_empty(alice):
    with alice.acting():
        place = makers.space()
        made = makers.task("Payer", content="texte", dataspace=place.pk, due_on="2026-12-01")
        kept = change(made, 1, title=None, due_on=None)
        assert (kept.title, kept.content, kept.due_on, kept.dataspace_id) == ("Payer", "texte", None, place.pk)
        assert change(made, 2, dataspace=None).dataspace_id is None


def test_a_note_has_no_task_fields(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(BadInput) as refused:
            change(made, 1, priority="high", due_on="2026-12-01")
    assert list(refused.value.errors) == ["due_on", "priority"]


def test_the_database_refuses_a_note_with_a_task_s_state(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(DatabaseError, match="item_task_fields"), transaction.atomic():
            Item.objects.filter(pk=made.pk).update(status="pending", priority="low")


def test_the_database_refuses_a_sphere_that_is_none(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(DatabaseError, match="item_in_a_sphere"), transaction.atomic():
            Item.objects.filter(pk=made.pk).update(sphere="xr")


def test_a_link_stays_an_address(alice):
    with alice.acting():
        with pytest.raises(BadInput):
            makers.item(type="link", content="javascript:alert(1)")
        made = makers.item(type="link", content="https://example.org/a")
        with pytest.raises(BadInput) as refused:
            change(made, 1, content="data:text/html,x")
    assert list(refused.value.errors) == ["content"]


def test_an_item_keeps_to_the_sphere_of_its_dataspace(alice):
    with alice.acting():
        elsewhere = makers.space(sphere="personal")
        with pytest.raises(Unprocessable):
            makers.item(dataspace=elsewhere.pk)
        made = makers.item()
        with pytest.raises(Unprocessable):
            change(made, 1, dataspace=elsewhere.pk)


def test_a_dataspace_of_another_identity_is_no_place(alice, charlie):
    with charlie.acting():
        theirs = makers.space()
    with alice.acting(), pytest.raises(IdentityBoundary):
        makers.item(dataspace=theirs.pk)


def test_deleted_items_leave_every_list_and_come_back(alice):
    with alice.acting():
        made = makers.item()
        perform("spheres.item.delete", {"item": made.pk})
        with reading():
            assert not Item.objects.alive().filter(pk=made.pk).exists()
            assert Item.objects.in_trash().filter(pk=made.pk).exists()
        with pytest.raises(Conflict) as refused:
            change(made, 1, title="Autre")
        with pytest.raises(NotThere):
            perform("spheres.item.read", {"item": made.pk})
        assert perform("spheres.item.restore", {"item": made.pk}).deleted_at is None
        assert perform("spheres.item.read", {"item": made.pk}).title == "Bail"
    assert refused.value.code == "deleted"


def test_after_thirty_days_nothing_is_restored(alice):
    with alice.acting():
        early, late = makers.item(), makers.item()
        for made, age in ((early, timedelta(days=29, hours=23)), (late, timedelta(days=30))):
            perform("spheres.item.delete", {"item": made.pk})
            with transaction.atomic():
                Item.objects.filter(pk=made.pk).update(deleted_at=now() - age)
        assert perform("spheres.item.restore", {"item": early.pk}).deleted_at is None
        with pytest.raises(Gone) as refused:
            perform("spheres.item.restore", {"item": late.pk})
        with reading():
            assert not Item.objects.in_trash().filter(pk=late.pk).exists()
    assert refused.value.code == "trash_expired"


def test_what_is_not_deleted_is_not_restored(alice):
    with alice.acting():
        made = makers.item()
        with pytest.raises(Conflict) as refused:
            perform("spheres.item.restore", {"item": made.pk})
    assert refused.value.code == "not_deleted"


ACTS = {
    "read": {},
    "update": {"version": 1, "title": "Autre"},
    "delete": {},
    "restore": {},
}


@pytest.mark.parametrize("act", ACTS)
def test_another_identity_s_item_is_out_of_reach(alice, charlie, act):
    with alice.acting():
        made = makers.item()
    with charlie.acting(), pytest.raises(IdentityBoundary):
        perform(f"spheres.item.{act}", {"item": made.pk, **ACTS[act]})


@pytest.mark.parametrize("act", ["update", "delete", "restore"])
def test_a_viewer_reads_and_changes_nothing(alice, bob, workshop, act):
    with alice.acting(workshop):
        made = makers.item()
    with bob.acting(workshop, role="viewer"):
        assert perform("spheres.item.read", {"item": made.pk}).title == "Bail"
        with pytest.raises(NotAllowed):
            perform(f"spheres.item.{act}", {"item": made.pk, **ACTS[act]})
        with pytest.raises(NotAllowed):
            makers.item()


def test_nobody_s_item_is_simply_not_there(alice):
    with alice.acting(), pytest.raises(NotThere):
        perform("spheres.item.read", {"item": uuid4()})


@pytest.mark.parametrize(
    "values", [{"title": ""}, {"title": "x" * 201}, {"content": "x" * 100_001}, {"title": "a\x00b"}]
)
def test_texts_have_their_limits(alice, values):
    with alice.acting(), pytest.raises(BadInput):
        makers.item(**{"title": "Bail", **values})
