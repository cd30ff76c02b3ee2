"""DataSpaces (actions/dataspaces.py)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.timezone import now

from governance.errors import BadInput, Conflict, Gone, IdentityBoundary, NotAllowed, Unprocessable
from governance.isolation.context import reading
from governance.perform import perform
from spheres.models import DataSpace, Item
from tests.spheres import makers


def act(verb, space, **values):
    return perform(f"spheres.dataspace.{verb}", {"dataspace": space.pk, **values})


def test_a_dataspace_has_a_type_a_domain_of_its_sphere_and_a_parent(alice):
    with alice.acting():
        building = makers.space(type="building", domain="immobilier")
        flat = makers.space("App. 4", type="property", domain="immobilier", parent=building.pk)
    assert (flat.type, flat.domain, flat.parent_id, flat.status, flat.visibility) == (
        "property",
        "immobilier",
        building.pk,
        "active",
        "private",
    )


def test_a_domain_of_another_sphere_is_refused(alice):
    with alice.acting():
        with pytest.raises(BadInput) as refused:
            makers.space(sphere="personal", domain="construction")
        made = makers.space()
        with pytest.raises(BadInput):
            act("update", made, domain="health")
    assert list(refused.value.errors) == ["domain"]


def test_parts_stay_in_the_sphere_of_the_whole(alice):
    with alice.acting():
        whole = makers.space(sphere="personal")
        with pytest.raises(Unprocessable):
            makers.space(parent=whole.pk)


def test_only_named_fields_change(alice):
    with alice.acting():
        whole = makers.space("Fabre")
        made = makers.space("Gaspé", type="building", domain="immobilier", parent=whole.pk)
        changed = act("update", made, name="De Gaspé")
        assert (changed.name, changed.type, changed.domain, changed.parent_id) == (
            "De Gaspé",
            "building",
            "immobilier",
            whole.pk,
        )
        assert act("update", made, parent=None).parent_id is None


def test_a_dataspace_is_never_part_of_itself(alice):
    with alice.acting():
        top = makers.space("a")
        middle = makers.space("b", parent=top.pk)
        low = makers.space("c", parent=middle.pk)
        for parent in (top, middle, low):
            with pytest.raises(Conflict) as refused:
                act("update", top, parent=parent.pk)
            assert refused.value.code == "cycle"


def test_dataspaces_nest_eight_deep_and_no_deeper(alice):
    with alice.acting():
        parent = None
        for depth in range(8):
            parent = makers.space(str(depth), parent=parent.pk if parent else None)
        with pytest.raises(Conflict) as refused:
            makers.space("9", parent=parent.pk)
    assert refused.value.code == "too_deep"


def test_what_is_archived_can_be_read_and_not_changed(alice):
    with alice.acting():
        made = makers.space()
        inside = makers.item(dataspace=made.pk)
        act("archive", made)
        assert perform("spheres.item.read", {"item": inside.pk}).title == "Bail"
        for attempt in (
            lambda: makers.item(dataspace=made.pk),
            lambda: act("update", made, name="Autre"),
            lambda: perform("spheres.item.update", {"item": inside.pk, "version": 1, "title": "Autre"}),
            lambda: perform("spheres.item.delete", {"item": inside.pk}),
        ):
            with pytest.raises(Conflict) as refused:
                attempt()
            assert refused.value.code == "dataspace_closed"
        act("restore", made)
        assert act("update", made, name="Autre").name == "Autre"


def test_deleting_takes_the_items_along_and_restoring_brings_exactly_them_back(alice):
    with alice.acting():
        made = makers.space()
        inside, thrown = makers.item("dedans", dataspace=made.pk), makers.item("jeté", dataspace=made.pk)
        perform("spheres.item.delete", {"item": thrown.pk})
        act("delete", made)
        with reading():
            assert not Item.objects.alive().filter(dataspace=made).exists()
            assert not DataSpace.objects.visible().filter(pk=made.pk).exists()
        act("restore", made)
        with reading():
            assert [row.title for row in Item.objects.alive().filter(dataspace=made)] == ["dedans"]
    assert inside.pk != thrown.pk


def test_an_item_of_a_deleted_dataspace_does_not_come_back_alone(alice):
    with alice.acting():
        made = makers.space()
        inside = makers.item(dataspace=made.pk)
        act("delete", made)
        with pytest.raises(Conflict) as refused:
            perform("spheres.item.restore", {"item": inside.pk})
    assert refused.value.code == "dataspace_closed"


def test_a_dataspace_with_parts_is_not_deleted(alice):
    with alice.acting():
        whole = makers.space()
        part = makers.space(parent=whole.pk)
        with pytest.raises(Conflict) as refused:
            act("delete", whole)
        assert refused.value.code == "not_empty"
        act("delete", part)
        assert act("delete", whole).status == "deleted"


def test_after_thirty_days_a_dataspace_is_gone(alice):
    with alice.acting():
        made = makers.space()
        act("delete", made)
        with transaction.atomic():
            DataSpace.objects.filter(pk=made.pk).update(deleted_at=now() - timedelta(days=30))
        with pytest.raises(Gone):
            act("restore", made)


@pytest.mark.parametrize("verb", ["archive", "delete", "restore"])
def test_a_state_is_left_only_once(alice, verb):
    with alice.acting():
        made = makers.space()
        if verb != "restore":
            act(verb, made)
        with pytest.raises(Conflict) as refused:
            act(verb, made)
    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize("verb", ["update", "archive", "delete", "restore"])
def test_strangers_and_viewers_change_no_dataspace(alice, bob, charlie, workshop, verb):
    with alice.acting(workshop):
        made = makers.space()
    with charlie.acting(), pytest.raises(IdentityBoundary):
        act(verb, made)
    with bob.acting(workshop, role="viewer"), pytest.raises(NotAllowed):
        act(verb, made)
    with bob.acting(workshop, role="viewer"), pytest.raises(NotAllowed):
        makers.space()
