"""`/home/`: today (chenu/home.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.template import engines
from django.utils import timezone, translation

from chenu.home import greeting, lead
from governance.models import Checkpoint
from spheres import today
from spheres.today import Slot
from tests.governance.checkpoints.asking import ask
from tests.spheres import makers


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (4, "Good evening"),
        (5, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
    ],
)
def test_people_are_greeted_by_the_hour_and_their_first_name(hour, words):
    with translation.override("en"):
        assert greeting(datetime(2026, 11, 20, hour, 30), "Camille Roy") == f"{words}, Camille"


def test_the_lead_says_what_waits_or_that_nothing_does():
    with translation.override("en"):
        assert lead(0, 0) == "Nothing waits for you."
        assert lead(1, 0) == "1 decision waits for you."
        assert lead(3, 1) == "3 decisions wait for you. 1 task is due."
        assert lead(100, 100) == "99+ decisions wait for you. 99+ tasks are due."


@pytest.mark.parametrize("language", ["fr", "en"])
def test_home_is_drawn_in_both_languages(alice, language):
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    answer = alice.browser.get("/home/")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()
    assert answer.content.decode().count('class="seg"') == 9


def test_the_day_is_the_person_s_own(alice):
    type(alice.user).objects.filter(pk=alice.user.pk).update(timezone="Pacific/Kiritimati")
    answer = alice.browser.get("/home/")
    there = datetime.now(UTC).astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert answer.context["today"] in {there.date(), (there - timedelta(minutes=1)).date()}


def test_home_shows_what_is_due_and_what_to_go_on_with(alice):
    day = timezone.localdate() - timedelta(days=2)
    with alice.acting():
        makers.task("Relancer la régie", due_on=day), makers.item("Bail à relire")
    answer = alice.browser.get("/home/")
    assert [row.title for row in answer.context["due"]] == ["Relancer la régie"]
    assert [row.title for row in answer.context["resume"]] == ["Bail à relire", "Relancer la régie"]
    assert "data-capture" in answer.content.decode()


def test_a_place_without_anything_to_show_is_not_on_the_page(alice, monkeypatch, tmp_path):
    (tmp_path / "strip.html").write_text("<p>{% for row in rows %}{{ row }}{% endfor %}</p>")
    for slot, rows in ((Slot.RUNS, ["course-temoin"]), (Slot.MEETINGS, [])):
        monkeypatch.setitem(today._strips, slot, ("strip.html", lambda rows=rows: rows))
    loaders = engines["django"].engine.template_loaders
    dirs = [str(tmp_path), *engines["django"].engine.dirs]
    monkeypatch.setattr(engines["django"].engine, "dirs", dirs)
    for loader in loaders:
        loader.reset()
    answer = alice.browser.get("/home/")
    assert "<p>course-temoin</p>" in answer.content.decode()
    assert "meetings" not in answer.context["strips"]


def test_what_waits_marks_its_sphere_on_the_wheel(alice):
    questions = [ask(alice, subject=str(number)) for number in range(5)]
    with alice.acting(), transaction.atomic():
        for question, sphere in zip(questions, ("team", "team", "team", "social"), strict=False):
            Checkpoint.objects.filter(pk=question["id"]).update(sphere=sphere)
    answer = alice.browser.get("/home/")
    assert {piece.sphere.slug.value: piece.waiting for piece in answer.context["slices"] if piece.waiting} == {
        "team": 3,
        "social": 1,
    }
    assert answer.content.decode().count('class="edge"') == 2
    assert answer.context["lead"].startswith("5 ")  # the one of no sphere waits, too
