"""`/api/v2/governance/violations/` and `/violations/`: refused crossings, as their own identity sees them."""

from __future__ import annotations

from typing import Any

import pytest
from uuid_utils.compat import uuid7

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
