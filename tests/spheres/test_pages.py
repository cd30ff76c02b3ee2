"""The pages, as a browser without JavaScript sees them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from governance.perform import perform
from spheres.models import Capture, DataSpace, Item
from tests.cast import Person
from tests.spheres import makers


def in_language(person: Person, language: str):
    type(person.user).objects.filter(pk=person.user.pk).update(language=language)
    return person.browser


def text(response) -> str:
    return response.content.decode()


PLAIN = ["/s/", "/s/business/", "/capture/", "/data/", "/tasks/", "/tasks/?show=done", "/search/", "/trash/"] + [
    f"/s/business/{slug}/" for slug in ("capture", "resume", "data", "agents", "meetings")
]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("url", PLAIN)
def test_every_page_is_drawn_empty_and_full_in_both_languages(alice, url, language):
    browser = in_language(alice, language)
    empty = browser.get(url)
    assert empty.status_code == 200
    assert f'<html lang="{language}"' in text(empty)
    with alice.acting():
        place = makers.space("Lieu témoin", domain="immobilier")
        makers.item("Note témoin", dataspace=place.pk), makers.capture("Capture témoin"), makers.task("Tâche témoin")
        perform("spheres.item.delete", {"item": makers.item("Jetée").pk})
    assert browser.get(url).status_code == 200


def test_there_are_nine_pages_of_spheres_and_no_tenth(alice):
    names = {
        slug: alice.browser.get(f"/s/{slug}/").status_code
        for slug in ("personal", "team", "scholar", "xr", "immobilier")
    }
    assert names == {"personal": 200, "team": 200, "scholar": 200, "xr": 404, "immobilier": 404}


def test_a_sphere_shows_its_six_sections_in_its_order(alice):
    page = text(in_language(alice, "en").get("/s/government/"))
    places = [
        page.index(f'href="/s/government/{slug}/" data-section-link')
        for slug in ["data", "threads", "meetings", "capture", "resume", "agents"]
    ]
    assert places == sorted(places)


def test_a_capture_box_keeps_a_thought_and_comes_back(alice):
    form = {"content": "Appeler la régie", "type": "task", "sphere": "government", "next": "/s/business/"}
    answer = alice.post("/capture/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/s/business/")
    with alice.looking():
        assert Capture.objects.values_list("content", "type", "sphere").get() == (
            "Appeler la régie",
            "task",
            "government",
        )


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "evil"])
def test_a_form_never_leads_to_another_site(alice, target):
    answer = alice.post("/capture/", {"content": "x", "type": "note", "sphere": "team", "next": target})
    assert answer["Location"] == "/capture/"


@pytest.mark.parametrize(
    "wrong", [{"content": ""}, {"content": "x" * 501}, {"content": "a\x00b"}, {"sphere": "xr"}, {"type": "link"}]
)
def test_a_wrong_capture_is_shown_again_with_what_is_wrong(alice, wrong):
    answer = alice.post("/capture/", {"content": "Bail témoin", "type": "note", "sphere": "team", **wrong})
    assert answer.status_code == 400
    with alice.looking():
        assert Capture.objects.count() == 0


def test_what_a_phone_shares_is_in_the_box(alice):
    page = text(alice.browser.get("/capture/", {"title": "Un titre", "url": "https://example.org/a"}))
    assert "Un titre\nhttps://example.org/a</textarea>" in page


def test_a_capture_is_filed_from_its_row(alice):
    with alice.acting():
        made = makers.capture()
    answer = alice.post(f"/capture/{made.pk}/route/", {"to": "task", "sphere": "personal"})
    assert answer["Location"] == "/s/business/capture/"
    with alice.looking():
        assert Item.objects.values_list("type", "sphere", "title").get() == ("task", "personal", "Appeler la régie")
    assert alice.post(f"/capture/{made.pk}/route/", {"to": "task", "sphere": "personal"}).status_code == 409


def test_an_item_is_written_edited_deleted_and_taken_back(alice):
    written = alice.post("/s/business/data/", {"type": "note", "title": "Bail", "content": "un"})
    url = written["Location"]
    assert "Bail" in text(alice.browser.get(url))
    assert 'name="version" value="1"' in text(alice.browser.get(url + "?edit=1"))
    assert alice.post(url, {"title": "Bail", "content": "deux", "version": "1"})["Location"] == url
    page = text(alice.browser.get(url))
    assert "<p>deux</p>" in page
    assert "<p>un</p>" in text(alice.browser.get(url + "?version=1"))
    alice.post(url + "delete/")
    gone = text(alice.browser.get(url))
    assert f'action="{url}restore/"' in gone
    assert "?edit=1" not in gone
    alice.post(url + "restore/")
    assert "?edit=1" in text(alice.browser.get(url))


def test_who_saves_over_a_newer_version_sees_both_and_decides(alice):
    with alice.acting():
        made = makers.item(content="un")
        perform("spheres.item.update", {"item": made.pk, "version": 1, "content": "celle des autres"})
    url = f"/i/{made.pk}/"
    answer = alice.post(url, {"title": "Bail", "content": "la mienne", "version": "1"})
    assert answer.status_code == 409
    page = text(answer)
    assert "celle des autres" in page
    assert "la mienne</textarea>" in page
    assert 'name="version" value="2"' in page
    assert alice.post(url, {"title": "Bail", "content": "la mienne", "version": "2"}).status_code == 302
    with alice.looking():
        assert Item.objects.values_list("version", "content").get(pk=made.pk) == (3, "la mienne")


def test_what_a_person_writes_is_never_markup(alice):
    with alice.acting():
        made = makers.item("<script>a</script>", content="<img src=x onerror=b> https://example.org/?a=<b>")
        makers.capture("<script>c</script>")
    for url in (f"/i/{made.pk}/", "/s/business/", "/s/business/capture/", "/home/", "/search/?q=script"):
        page = text(alice.browser.get(url))
        assert "<script>a" not in page
        assert "<script>c" not in page
        assert "<img src=x" not in page


def test_a_task_is_added_and_ticked_off_in_the_list(alice):
    assert alice.post("/tasks/", {"title": "Payer", "sphere": "personal", "priority": "high"})["Location"] == "/tasks/"
    with alice.looking():
        made = Item.objects.get()
    assert alice.post(f"/tasks/{made.pk}/complete/", {"complete": "1", "next": "/tasks/?sphere=personal"})[
        "Location"
    ] == ("/tasks/?sphere=personal")
    assert "Payer" not in text(alice.browser.get("/tasks/"))
    assert "Payer" in text(alice.browser.get("/tasks/?show=done"))


def test_tasks_can_be_seen_of_one_sphere_alone(alice):
    with alice.acting():
        makers.task("Tâche d’affaires"), makers.task("Tâche de famille", sphere="personal")
    page = text(alice.browser.get("/tasks/?sphere=personal"))
    assert "Tâche de famille" in page
    assert "Tâche d’affaires" not in page


def test_long_lists_go_on_without_loss_or_repetition(alice):
    with alice.acting():
        for number in range(52):
            makers.task(f"n{number:02d}.", due_on=f"2026-12-{1 + number % 20:02d}" if number % 3 else None)
    first = alice.browser.get("/tasks/")
    assert 'rel="next"' in text(first)
    second = alice.browser.get("/tasks/", {"after": first.context["page"].after})
    shown = [row.title for answer in (first, second) for row in answer.context["page"].rows]
    with alice.looking():
        assert shown == [row.title for row in Item.objects.open_tasks().by_due_date()]
    assert 'rel="next"' not in text(second)


@pytest.mark.parametrize(
    "after", ["x", "2026-13-01~x", "~~", "2026-01-01T00:00:00~0199f1a2-0000-7000-8000-000000000000"]
)
@pytest.mark.parametrize("url", ["/tasks/", "/s/business/resume/", "/s/business/data/", "/search/?q=bail"])
def test_a_mangled_place_starts_anew(alice, url, after):
    assert alice.browser.get(url, {"after": after, "q": "bail"}).status_code == 200


def test_a_dataspace_is_opened_filled_archived_deleted_and_restored(alice):
    opened = alice.post("/s/business/data/", {"name": "Fabre", "type": "building", "domain": "immobilier"})
    url = opened["Location"]
    assert alice.post(url, {"type": "task", "title": "Changer la serrure"})["Location"].startswith("/i/")
    assert "Changer la serrure" in text(alice.browser.get(url))
    assert alice.post(url + "edit/", {"name": "4521, rue Fabre", "type": "building", "domain": ""})["Location"] == url
    alice.post(url + "archive/")
    assert alice.post(url, {"type": "note", "title": "Trop tard"}).status_code == 409
    alice.post(url + "restore/")
    alice.post(url + "delete/")
    assert "4521, rue Fabre" in text(alice.browser.get("/trash/"))
    alice.post(url + "restore/")
    with alice.looking():
        space = DataSpace.objects.get()
        assert (space.name, space.domain, space.status) == ("4521, rue Fabre", "", "active")
        assert Item.objects.alive().count() == 1


def test_a_domain_shows_its_dataspaces_alone(alice):
    with alice.acting():
        makers.space("Immeuble témoin", domain="immobilier"), makers.space("Procès témoin", domain="legal")
    page = text(alice.browser.get("/s/business/data/?domain=legal"))
    rows = page.split("<h1>")[1].split("<aside")[0]
    assert "Procès témoin" in rows
    assert "Immeuble témoin" not in rows


def test_search_finds_on_the_page_and_keeps_the_words(alice):
    with alice.acting():
        makers.item("Événement témoin")
    page = text(alice.browser.get("/search/?q=evenements"))
    assert "Événement témoin" in page
    assert 'value="evenements"' in page


def test_a_viewer_sees_no_form_that_would_be_refused(alice, bob, workshop):
    from governance.models import Membership

    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    with alice.acting(workshop):
        made = makers.item("Pour tous")
        makers.capture("À lire")
    bob.post(reverse("people:identity-activate", args=[workshop.pk]))
    for url in ("/s/business/capture/", "/s/business/data/", f"/i/{made.pk}/", "/tasks/", "/home/"):
        page = text(bob.browser.get(url))
        main = page.split('id="main"')[1].split("</main>")[0]
        assert 'method="post"' not in main
    assert "Pour tous" in text(bob.browser.get(f"/i/{made.pk}/"))
    assert bob.post(f"/i/{made.pk}/delete/").status_code == 403


@pytest.mark.parametrize(
    "url", ["/s/", "/s/business/", "/capture/", "/data/", "/tasks/", "/search/", "/trash/", "/home/"]
)
def test_nobody_sees_a_page_without_signing_in(stranger, db, url):
    answer = stranger.get(url)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
