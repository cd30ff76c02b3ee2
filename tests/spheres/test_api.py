"""The API of spheres, with the shapes that clients rely on (design 6.2)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from governance.isolation.context import reading
from governance.perform import perform
from spheres.models import Item
from tests.cast import Api
from tests.spheres import makers


def test_the_nine_spheres_are_listed_with_their_sections(alice):
    body = alice.api.get("spheres/").json()
    assert (len(body["results"]), body["next"], body["previous"]) == (9, None, None)
    assert body["results"][1] == {
        "slug": "business",
        "order": 2,
        "name_fr": "Entreprises",
        "name_en": "Business",
        "icon": "briefcase",
        "sections": ["resume_workspace", "meetings", "data_files", "quick_capture", "threads", "active_agents"],
    }
    assert alice.api.get("spheres/business/").json() == body["results"][1]
    assert alice.api.get("spheres/xr/").status_code == 404


def test_a_quick_capture_answers_with_what_was_kept(alice):
    answer = alice.api.post("spheres/team/bureau/quick_capture/", {"type": "idea", "content": "Un café le vendredi"})
    body = answer.json()
    assert answer.status_code == 201
    assert {name: body[name] for name in ("type", "content", "status", "sphere", "routed_to")} == {
        "type": "idea",
        "content": "Un café le vendredi",
        "status": "captured",
        "sphere": "team",
        "routed_to": None,
    }
    assert alice.api.get(f"captures/{body['id']}/").json() == body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "note", "content": "x" * 501}, "content"),
        ({"type": "note", "content": "a\x00b"}, "__all__"),
        ({"type": "photo", "content": "x"}, "type"),
        ({"type": "note", "content": "x", "sphere": "team"}, "sphere"),
        ({}, "content"),
    ],
)
def test_a_wrong_quick_capture_names_the_field(alice, body, field):
    answer = alice.api.post("spheres/team/bureau/quick_capture/", body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_bureau_shows_six_sections_in_their_order(alice):
    with alice.acting():
        makers.capture("pensée")
    body = alice.api.get("spheres/business/bureau/").json()
    assert [section["slug"] for section in body["sections"]] == [
        "resume",
        "meetings",
        "data",
        "capture",
        "threads",
        "agents",
    ]
    section = alice.api.get("spheres/business/bureau/quick_capture/").json()
    assert (section["key"], section["count"], section["rows"][0]["title"]) == ("quick_capture", 1, "pensée")
    assert alice.api.get("spheres/business/bureau/capture/").json()["key"] == "quick_capture"
    assert alice.api.get("spheres/business/bureau/settings/").status_code == 404


def test_the_stats_of_a_sphere_count_what_is_there(alice):
    with alice.acting():
        makers.capture(), makers.space(), makers.item(), makers.task()
        makers.item(sphere="team")
    assert alice.api.get("spheres/business/stats/").json() == {
        "sphere": "business",
        "captures_waiting": 1,
        "dataspaces": 1,
        "items": 2,
        "open_tasks": 1,
        "new_this_week": 3,
        "waiting": 0,
    }


def test_captures_are_created_listed_filtered_filed_and_archived(alice):
    first = alice.api.post("captures/", {"content": "un", "sphere": "team"}).json()
    second = alice.api.post("captures/", {"content": "deux", "sphere": "business"}).json()
    listed = alice.api.get("captures/").json()
    assert [row["content"] for row in listed["results"]] == ["deux", "un"]
    assert [row["content"] for row in alice.api.get("captures/?sphere=team").json()["results"]] == ["un"]
    routed = alice.api.post(f"captures/{first['id']}/route/", {"to": "task", "due_on": "2026-12-01"}).json()
    assert (routed["status"], routed["routed_to"]["type"]) == ("routed", "task")
    assert alice.api.get(f"tasks/{routed['routed_to']['id']}/").json()["origin"] == first["id"]
    assert alice.api.post(f"captures/{second['id']}/archive/").json()["status"] == "archived"
    assert alice.api.get("captures/?status=waiting").json()["results"] == []
    assert [row["content"] for row in alice.api.get("captures/?status=archived").json()["results"]] == ["deux"]
    again = alice.api.post(f"captures/{first['id']}/route/", {"to": "note"})
    assert (again.status_code, again.json()["code"]) == (409, "already_filed")


def test_dataspaces_live_their_life(alice):
    made = alice.api.post("dataspaces/", {"name": "Fabre", "sphere": "business", "domain": "immobilier"})
    assert made.status_code == 201
    path = f"dataspaces/{made.json()['id']}/"
    note = alice.api.post(path + "items/", {"title": "Clés", "content": "chez Nadia"})
    assert (note.status_code, note.json()["sphere"], note.json()["dataspace"]) == (201, "business", made.json()["id"])
    assert [row["title"] for row in alice.api.get(path + "items/?type=note").json()["results"]] == ["Clés"]
    assert alice.api.get(path + "items/?type=task").json()["results"] == []
    assert alice.api.patch(path, {"name": "4521, rue Fabre"}).json()["domain"] == "immobilier"
    assert alice.api.post(path + "archive/").json()["status"] == "archived"
    assert alice.api.post(path + "items/", {"title": "Trop tard"}).json()["code"] == "dataspace_closed"
    assert [row["name"] for row in alice.api.get("dataspaces/?status=archived").json()["results"]] == [
        "4521, rue Fabre"
    ]
    assert alice.api.delete(path).json()["status"] == "deleted"
    assert alice.api.get("dataspaces/").json()["results"] == []
    assert [row["kind"] for row in alice.api.get("trash/").json()["results"]] == ["dataspace"]
    assert alice.api.post(path + "restore/").json()["status"] == "active"
    assert alice.api.get("trash/").json()["results"] == []


def test_items_are_versioned_and_a_stale_save_is_a_conflict(alice):
    made = alice.api.post("items/", {"title": "Bail", "content": "un", "sphere": "business", "type": "document"}).json()
    path = f"items/{made['id']}/"
    assert alice.api.patch(path, {"version": 1, "content": "deux"}).json()["version"] == 2
    stale = alice.api.patch(path, {"version": 1, "content": "trois"})
    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (409, "version_conflict", 2)
    versions = alice.api.get(path + "versions/").json()["results"]
    assert [(row["version"], row["content"]) for row in versions] == [(2, "deux"), (1, "un")]
    assert alice.api.delete(path).json()["deleted_at"] is not None
    assert alice.api.get("items/").json()["results"] == []
    assert alice.api.post(path + "restore/").json()["deleted_at"] is None
    assert [row["title"] for row in alice.api.get("items/?type=document&sphere=business").json()["results"]] == ["Bail"]


def test_an_update_without_the_version_is_refused(alice):
    made = alice.api.post("items/", {"title": "Bail", "sphere": "business"}).json()
    answer = alice.api.patch(f"items/{made['id']}/", {"content": "deux"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["version"])


def test_tasks_are_listed_filtered_completed_and_are_no_other_items(alice):
    note = alice.api.post("items/", {"title": "Note", "sphere": "business"}).json()
    late = alice.api.post("tasks/", {"title": "Tard", "sphere": "team", "due_on": "2026-12-24"}).json()
    soon = alice.api.post("tasks/", {"title": "Tôt", "sphere": "business", "due_on": "2026-11-21"}).json()
    assert (soon["type"], soon["status"], soon["priority"]) == ("task", "pending", "normal")
    assert [row["title"] for row in alice.api.get("tasks/").json()["results"]] == ["Tôt", "Tard"]
    assert [row["title"] for row in alice.api.get("tasks/?due_before=2026-12-01").json()["results"]] == ["Tôt"]
    assert alice.api.post(f"tasks/{soon['id']}/complete/").json()["status"] == "complete"
    assert [row["title"] for row in alice.api.get("tasks/?status=open").json()["results"]] == ["Tard"]
    assert alice.api.patch(f"tasks/{late['id']}/", {"version": 1, "due_on": None}).json()["due_on"] is None
    assert alice.api.get(f"tasks/{note['id']}/").status_code == 404
    assert alice.api.delete(f"tasks/{note['id']}/").status_code == 404
    assert alice.api.delete(f"tasks/{late['id']}/").json()["deleted_at"] is not None


def test_search_answers_in_pages(alice):
    with alice.acting():
        for number in range(5):
            makers.item(f"Événement {number}")
    first = alice.api.get("search/?q=evenements&limit=3").json()
    assert [set(row) for row in first["results"]] == [{"kind", "id", "title", "excerpt", "sphere", "at", "url"}] * 3
    second = alice.api.get(first["next"].split("/api/v2/")[1]).json()
    found = [row["title"] for row in first["results"] + second["results"]]
    assert found == [f"Événement {number}" for number in (4, 3, 2, 1, 0)]
    assert second["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "spheres/?x=1",
        "captures/?sphere=xr",
        "captures/?limit=101",
        "dataspaces/?status=deleted",
        "items/?kind=note",
        "tasks/?due_before=demain",
        "search/",
        "search/?q=bail&limit=51",
        "search/?q=bail&limit=-1",
        "search/?q=bail&cursor=x",
        "search/?q=bail&kind=secrets",
        "trash/?kind=capture",
    ],
)
def test_unknown_and_wrong_parameters_are_a_400(alice, path):
    assert alice.api.get(path).status_code == 400


def test_a_foreign_id_is_403_whatever_the_body_holds_and_nobody_s_is_404(alice, charlie):
    with alice.acting():
        ids = {"items": makers.item().pk, "dataspaces": makers.space().pk, "captures": makers.capture().pk}
        ids["tasks"] = makers.task().pk
    calls = [
        ("PATCH", "items/{}/", {"nonsense": True}),
        ("POST", "items/{}/restore/", None),
        ("PATCH", "dataspaces/{}/", {"nonsense": True}),
        ("POST", "dataspaces/{}/items/", {}),
        ("POST", "captures/{}/route/", {"to": "nowhere"}),
        ("POST", "tasks/{}/complete/", {"complete": "perhaps"}),
    ]
    for method, path, body in calls:
        mine = ids[path.split("/")[0]]
        foreign = charlie.api.request(method, path.format(mine), body)
        assert (foreign.status_code, foreign.json()["code"]) == (403, "identity_boundary_violation"), path
        assert charlie.api.request(method, path.format(uuid4()), body).status_code == 404, path


def test_an_identity_in_the_body_must_be_the_one_in_force(alice, charlie):
    body = {"type": "note", "content": "x", "identity_id": str(alice.identity.pk)}
    assert alice.api.post("spheres/team/bureau/quick_capture/", body).status_code == 201
    assert charlie.api.post("spheres/team/bureau/quick_capture/", body).status_code == 403


def test_a_viewer_reads_and_does_not_write(alice, bob, workshop):
    from governance.models import Membership

    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    with alice.acting(workshop):
        made = makers.item()
    api = Api(bob.user, workshop)
    assert api.get(f"items/{made.pk}/").status_code == 200
    refused = api.post("items/", {"title": "x", "sphere": "team"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_the_same_key_captures_once(alice):
    headers = {"HTTP_IDEMPOTENCY_KEY": "capture-key-0123456789"}
    body = {"type": "note", "content": "une fois"}
    first = alice.api.post("spheres/team/bureau/quick_capture/", body, **headers)
    second = alice.api.post("spheres/team/bureau/quick_capture/", body, **headers)
    assert first.json() == second.json()
    assert len(alice.api.get("captures/").json()["results"]) == 1


def test_a_long_list_is_paged(alice):
    with alice.acting():
        for number in range(3):
            makers.item(f"n{number}")
    first = alice.api.get("items/?limit=2").json()
    second = alice.api.get(first["next"].split("/api/v2/")[1]).json()
    assert [row["title"] for row in first["results"] + second["results"]] == ["n2", "n1", "n0"]
    assert second["next"] is None


def test_what_is_changed_through_the_api_is_what_the_pages_show(alice):
    made = alice.api.post("items/", {"title": "Écrit par un programme", "sphere": "business"}).json()
    assert "Écrit par un programme" in alice.browser.get(f"/i/{made['id']}/").content.decode()
    with alice.acting():
        perform("spheres.item.update", {"item": made["id"], "version": 1, "title": "Écrit à la main"})
        with reading():
            assert Item.objects.get(pk=made["id"]).version == 2
    assert alice.api.get(f"items/{made['id']}/").json()["title"] == "Écrit à la main"
