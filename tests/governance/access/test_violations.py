"""`/api/v2/governance/violations/` and `/violations/`: refused crossings, as their own identity sees them."""

from __future__ import annotations

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from governance.models import AuditEntry
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, counted

LIST = "governance/violations/"


def cross(person: Person, shown: dict[str, Any], identity: Any = None) -> None:
    answer = Api(person.user, identity).get(f"governance/checkpoints/{shown['id']}/", HTTP_USER_AGENT="curl")
    assert answer.status_code == 403


def test_a_crossing_is_listed_for_whoever_tried_and_not_for_the_owner(alice: Person, charlie: Person) -> None:
    shown = ask(alice)
    cross(charlie, shown)
    row = charlie.api.get(LIST).json()["results"][0]
    assert (row["kind"], row["method"], row["person"]) == ("cross_identity_access", "GET", str(charlie.user.pk))
    assert row["path"].endswith(f"/governance/checkpoints/{shown['id']}/")
    assert row["user_agent"] == "curl"
    assert str(alice.identity.pk) not in str(row)
    assert alice.api.get(LIST).json()["results"] == []


def test_only_owners_and_administrators_see_where_from(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice)
    cross(bob, shown, workshop)
    owner, member = (Api(who.user, workshop).get(LIST).json()["results"][0] for who in (alice, bob))
    assert (owner["user_agent"], owner["ip"]) == ("curl", "127.0.0.1")
    assert (member["user_agent"], member["ip"]) == (None, None)


def test_the_list_is_narrowed_by_kind(alice: Person, charlie: Person) -> None:
    cross(charlie, ask(alice))
    assert len(charlie.api.get(f"{LIST}?kind=cross_identity_access").json()["results"]) == 1
    assert charlie.api.get(f"{LIST}?kind=spoofed_identity").json()["results"] == []
    assert charlie.api.get(f"{LIST}?kind=other").status_code == 400


def test_the_page_costs_the_same_for_one_row_and_for_three(alice: Person, charlie: Person) -> None:
    shown = ask(alice)
    cross(charlie, shown)
    charlie.browser.get("/violations/")
    with counted() as one:
        assert charlie.browser.get("/violations/").content.decode().count("Charlie ·") == 1
    cross(charlie, shown)
    cross(charlie, shown)
    with counted() as three:
        assert charlie.browser.get("/violations/").content.decode().count("Charlie ·") == 3
    assert len(three) == len(one)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_identity_without_violations_has_a_calm_page(alice: Person, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    answer = alice.browser.get("/violations/")
    text = answer.content.decode()
    assert (answer.status_code, f'<html lang="{language}"' in text, 'class="empty"' in text) == (200, True, True)


def test_older_rows_are_on_the_next_page(alice: Person, charlie: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.access.views.PAGE", 1)
    shown = ask(alice)
    cross(charlie, shown)
    cross(charlie, shown)
    ids = [row["id"] for row in charlie.api.get(LIST).json()["results"]]
    assert f'href="?before={ids[0]}"' in charlie.browser.get("/violations/").content.decode()
    assert 'href="?before=' not in charlie.browser.get(f"/violations/?before={ids[0]}").content.decode()
    assert charlie.browser.get(f"/violations/?before={uuid7()}").status_code == 200
    assert charlie.browser.get("/violations/?before=x").status_code == 404


def crossed(person: Person, other: Person, identity: Any = None) -> str:
    cross(person, ask(other), identity)
    return Api(person.user, identity).get(LIST).json()["results"][0]["id"]


def test_it_is_settled_once_with_a_note_and_an_entry(alice: Person, charlie: Person) -> None:
    pk = crossed(charlie, alice)
    settled = charlie.api.post(f"{LIST}{pk}/resolve/", {"note": "Un lien d’une autre identité"})
    assert (settled.status_code, settled.json()["note"]) == (200, "Un lien d’une autre identité")
    assert settled.json()["resolved_at"]
    assert charlie.api.get(f"{LIST}{pk}/").json()["resolved_at"] == settled.json()["resolved_at"]
    again = charlie.api.post(f"{LIST}{pk}/resolve/", {"note": "Autre chose"})
    assert (again.status_code, again.json()["code"]) == (409, "already_settled")
    with charlie.looking():
        entries = AuditEntry.objects.filter(action="governance.violation.resolve")
        assert sorted(entries.values_list("outcome", flat=True)) == ["allowed", "refused"]


@pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": "x" * 501}, {"note": "x", "more": 1}])
def test_a_note_that_says_nothing_settles_nothing(alice: Person, charlie: Person, body: dict[str, Any]) -> None:
    pk = crossed(charlie, alice)
    assert charlie.api.post(f"{LIST}{pk}/resolve/", body).status_code == 400
    assert charlie.api.get(f"{LIST}{pk}/").json()["resolved_at"] is None


def test_a_member_reads_but_an_owner_settles(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    pk = crossed(bob, charlie, workshop)
    assert Api(bob.user, workshop).post(f"{LIST}{pk}/resolve/", {"note": "x"}).status_code == 403
    assert Api(bob.user, workshop).get(f"{LIST}{pk}/").json()["ip"] is None
    assert Api(alice.user, workshop).post(f"{LIST}{pk}/resolve/", {"note": "x"}).status_code == 200


def test_the_list_is_narrowed_by_severity_and_by_what_is_settled(alice: Person, charlie: Person) -> None:
    first, second = crossed(charlie, alice), crossed(charlie, alice)
    charlie.api.post(f"{LIST}{first}/resolve/", {"note": "x"})
    found = {
        asked: [row["id"] for row in charlie.api.get(f"{LIST}?{asked}").json()["results"]]
        for asked in ("settled=true", "settled=false", "severity=warning", "severity=error")
    }
    assert found == {
        "settled=true": [first],
        "settled=false": [second],
        "severity=warning": [second, first],
        "severity=error": [],
    }
    page = charlie.browser.get("/violations/?state=open&kind=cross_identity_access").content.decode()
    assert f"/violations/{second}/" in page
    assert f"/violations/{first}/" not in page
    assert 'class="empty"' in charlie.browser.get("/violations/?severity=error").content.decode()
    assert charlie.browser.get("/violations/?kind=other&state=x").status_code == 200


def test_the_next_page_is_narrowed_alike(alice: Person, charlie: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.access.views.PAGE", 1)
    crossed(charlie, alice)
    newest = crossed(charlie, alice)
    page = charlie.browser.get("/violations/?state=open").content.decode()
    assert f'href="?state=open&amp;before={newest}"' in page


def test_the_page_of_one_settles_it_and_keeps_what_was_typed(alice: Person, charlie: Person) -> None:
    url = f"/violations/{crossed(charlie, alice)}/"
    shown = charlie.browser.get(url).content.decode()
    assert "curl" in shown
    assert "<textarea" in shown
    wrong = charlie.post(url, {"note": "x" * 501})
    assert wrong.status_code == 400
    assert "x" * 501 in wrong.content.decode()
    assert charlie.post(url, {"note": "Un lien d’ailleurs"}).status_code == 302
    settled = charlie.browser.get(url).content.decode()
    assert "Un lien d’ailleurs" in settled
    assert "<textarea" not in settled
    assert charlie.post(url, {"note": "Encore"}).status_code == 409
    assert alice.browser.get(url).status_code == 403
