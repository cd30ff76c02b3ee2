"""Capturing, filing and archiving (actions/captures.py)."""

from __future__ import annotations

import pytest

from governance.errors import BadInput, Conflict, IdentityBoundary, NotAllowed, Unprocessable
from governance.perform import perform
from spheres.actions.captures import title_of
from spheres.models import Capture, Item
from tests.spheres import makers


def test_a_capture_waits_in_its_sphere(alice):
    with alice.acting():
        made = makers.capture(type="idea")
    with alice.looking():
        kept = Capture.objects.get(pk=made.pk)
    assert (kept.type, kept.content, kept.sphere, kept.status) == ("idea", "Appeler la régie", "business", "captured")
    assert kept.person == alice.user.pk
    assert kept.is_waiting


def test_five_hundred_characters_are_kept_and_one_more_is_refused(alice):
    with alice.acting():
        assert len(makers.capture("é" * 500).content) == 500
        with pytest.raises(BadInput) as refused:
            makers.capture("é" * 501)
    assert list(refused.value.errors) == ["content"]


@pytest.mark.parametrize("content", ["", "   ", "with\x00nul", "lone \ud800 surrogate"])
def test_what_cannot_be_kept_is_refused(alice, content):
    with alice.acting(), pytest.raises(BadInput):
        makers.capture(content)


def test_there_is_no_tenth_sphere_to_capture_into(alice):
    with alice.acting(), pytest.raises(BadInput) as refused:
        makers.capture(sphere="xr")
    assert list(refused.value.errors) == ["sphere"]


@pytest.mark.parametrize("content", ["revenuquebec.ca", "javascript:alert(1)", "https://", "https://a b"])
def test_a_link_is_one_web_address(alice, content):
    with alice.acting():
        assert makers.capture("https://revenuquebec.ca/tps", type="link").type == "link"
        with pytest.raises(BadInput):
            makers.capture(content, type="link")


def test_a_viewer_captures_nothing(alice, bob, workshop):
    with bob.acting(workshop, role="viewer"), pytest.raises(NotAllowed):
        makers.capture()


def test_filing_as_a_note_keeps_the_text_and_links_both_ways(alice):
    with alice.acting():
        made = makers.capture("Première ligne\nla suite")
        routed = perform("spheres.capture.route", {"capture": made.pk, "to": "note"})
    with alice.looking():
        note = Item.objects.get(pk=routed.routed_id)
    assert (routed.status, routed.routed_type) == ("routed", "note")
    assert (note.type, note.title, note.content) == ("note", "Première ligne", "Première ligne\nla suite")
    assert (note.sphere, note.origin_id) == ("business", made.pk)


def test_filing_as_a_task_may_change_the_sphere_since_it_was_never_filed(alice):
    with alice.acting():
        made = makers.capture("Payer l’acompte")
        values = {"capture": made.pk, "to": "task", "sphere": "government", "due_on": "2026-12-15"}
        routed = perform("spheres.capture.route", values)
    with alice.looking():
        task = Item.objects.get(pk=routed.routed_id)
    assert (task.type, task.title, task.content, task.sphere) == ("task", "Payer l’acompte", "", "government")
    assert (task.status, task.priority, str(task.due_on)) == ("pending", "normal", "2026-12-15")


def test_a_note_has_no_due_day(alice):
    with alice.acting():
        made = makers.capture()
        with pytest.raises(BadInput):
            perform("spheres.capture.route", {"capture": made.pk, "to": "note", "due_on": "2026-12-15"})


def test_a_capture_is_filed_once(alice):
    with alice.acting():
        made = makers.capture()
        perform("spheres.capture.route", {"capture": made.pk, "to": "note"})
        with pytest.raises(Conflict) as refused:
            perform("spheres.capture.route", {"capture": made.pk, "to": "task"})
    assert refused.value.code == "already_filed"
    with alice.looking():
        assert Item.objects.filter(origin=made.pk).count() == 1


def test_filing_into_a_dataspace_of_another_sphere_changes_nothing(alice):
    with alice.acting():
        made, other = makers.capture(), makers.space(sphere="personal")
        with pytest.raises(Unprocessable) as refused:
            perform("spheres.capture.route", {"capture": made.pk, "to": "note", "dataspace": other.pk})
    assert refused.value.code == "sphere_mismatch"
    with alice.looking():
        assert Capture.objects.get(pk=made.pk).status == "captured"


def test_an_archived_capture_is_not_archived_again(alice):
    with alice.acting():
        made = makers.capture()
        assert perform("spheres.capture.archive", {"capture": made.pk}).status == "archived"
        with pytest.raises(Conflict) as refused:
            perform("spheres.capture.archive", {"capture": made.pk})
    assert refused.value.code == "already_archived"


@pytest.mark.parametrize("action", ["route", "archive"])
def test_another_identity_s_capture_cannot_be_touched(alice, charlie, action):
    with alice.acting():
        made = makers.capture()
    extra = {"to": "note"} if action == "route" else {}
    with charlie.acting(), pytest.raises(IdentityBoundary):
        perform(f"spheres.capture.{action}", {"capture": made.pk, **extra})
    with alice.looking():
        assert Capture.objects.get(pk=made.pk).status == "captured"


def test_a_long_first_line_becomes_a_title_cut_at_a_space():
    title = title_of("mot " * 100)
    assert len(title) <= 200
    assert title.endswith("mot…")
    assert len(title_of("x" * 300)) == 200
