"""The wheel's geometry, the tiles and the registries of home (wheel.py, sections.py, today.py, tiles.py)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.timezone import now

from governance.perform import perform
from spheres import today
from spheres.facts import SECTION_BY_SLUG, SPHERE_BY_SLUG, SectionKey
from spheres.models import Item
from spheres.sections import bureau, figure, register_section, tile
from spheres.wheel import wheel
from tests.spheres import makers

BUSINESS = SPHERE_BY_SLUG["business"]


def test_the_wheel_turns_clockwise_from_the_top_with_thicker_rims_for_busier_weeks(db):
    slices = wheel({"business": 10, "team": 5}, {"business": 2})
    assert [piece.sphere.order for piece in slices] == list(range(1, 10))
    assert slices[0].segment.startswith("M125.6 39.3A138.0 138.0 0 0 1 214.4 39.3L189.9 111.3")
    assert (slices[0].icon_x, slices[0].icon_y) == ("159.0", "55.0")
    assert "A156.5 156.5" in slices[1].ring
    assert "A150.5 150.5" in slices[7].ring
    assert "A144.5 144.5" in slices[0].ring
    assert [bool(piece.edge) for piece in slices] == [False, True] + [False] * 7


def test_counts_stop_at_ninety_nine_and_more():
    assert [figure(count) for count in (0, 7, 99, 100, 2000)] == ["0", "7", "99", "99+", "99+"]


def test_a_bureau_has_six_tiles_in_its_sphere_s_order_with_three_rows_at_most(alice):
    with alice.acting():
        for number in range(4):
            makers.capture(f"pensée {number}")
            makers.space(f"lieu {number}")
    with alice.looking():
        tiles = bureau(BUSINESS)
    assert [piece["section"].slug for piece in tiles] == ["resume", "meetings", "data", "capture", "threads", "agents"]
    assert [piece["url"] for piece in tiles][2] == "/s/business/data/"
    data, capture = tiles[2]["tile"], tiles[3]["tile"]
    assert ([row.title for row in data.rows], data.count) == (["lieu 3", "lieu 2", "lieu 1"], 4)
    assert ([row.title for row in capture.rows], capture.count) == (["pensée 3", "pensée 2", "pensée 1"], 4)


def test_a_section_of_an_absent_app_says_so(alice):
    with alice.looking():
        found = tile(BUSINESS, SECTION_BY_SLUG["meetings"])
    assert (found.rows, found.count) == ([], 0)
    assert found.empty


def test_a_section_and_a_slot_are_filled_once(db):
    with pytest.raises(ValueError, match="twice"):
        register_section(SectionKey.CAPTURE, lambda sphere, most: None)


def test_what_is_new_is_counted_by_sphere_and_ends_after_a_week(alice):
    with alice.acting():
        makers.capture()
        makers.item(sphere="team")
        old = makers.item(sphere="scholar")
        with transaction.atomic():
            Item.objects.filter(pk=old.pk).update(changed_at=now() - timedelta(days=8))
    with alice.looking():
        assert today.activity() == {"business": 1, "team": 1}


def test_resuming_starts_with_what_was_changed_last(alice):
    with alice.acting():
        first = makers.item("premier")
        makers.item("second", sphere="team")
        perform("spheres.item.update", {"item": first.pk, "version": 1, "content": "repris"})
    with alice.looking():
        assert [row.title for row in today.resume()] == ["premier", "second"]
        assert [row.title for row in today.resume("team")] == ["second"]
