"""The pages: the list, the form that asks, one crossing with its steps, the item that came over."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.crossings.models import Crossing
from governance.perform import perform
from tests.cast import Person
from tests.governance.access.doors import post, proven_browser
from tests.governance.checkpoints.asking import make_viewer
from tests.governance.crossings.carrying import OFFER, TEXT, accepted, asks, crossed, note, offered, row_of
from tests.isolation.test_matrix import visitor


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def browser(alice: Person) -> Client:
    return proven_browser(alice)


def acting_for(person: Person, identity: Any) -> Client:
    return visitor(person, identity).browser


def test_an_empty_list_says_how_to_begin(alice: Person) -> None:
    page = text(alice.browser.get("/transfers/"))
    assert 'href="/data/"' in page
    assert "<select" not in page


def test_from_the_item_to_the_question_and_to_the_crossing(alice: Person, workshop: Any, browser: Client) -> None:
    source = note(alice)
    new = f"/transfers/new/item/{source.pk}/"
    assert f'href="{new}"' in text(browser.get(f"/i/{source.pk}/"))
    form = text(browser.get(new))
    assert TEXT in form
    assert "sphere:creative" in form
    assert "sphere:business" not in form
    assert f"identity:{workshop.pk}" in form
    asked = post(browser, new, {"to": "sphere:creative", "form": "copy", "note": "Brochure"})
    with alice.looking():
        row = Crossing.objects.get()
    assert asked.headers["Location"] == f"/approvals/{row.pk}/"
    question = text(browser.get(f"/approvals/{row.pk}/"))
    assert TEXT in question
    assert f"/transfers/{row.pk}/" in question
    page = text(browser.get(f"/transfers/{row.pk}/"))
    assert page.count("<h3>") >= 6
    assert "Brochure" in page
    assert source.title in text(browser.get("/transfers/"))


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(alice: Person, browser: Client) -> None:
    new = f"/transfers/new/item/{note(alice).pk}/"
    answer = post(browser, new, {"to": "sphere:nowhere", "form": "copy", "note": "gardez-moi"})
    assert answer.status_code == 400
    assert "gardez-moi" in text(answer)
    for address in (
        f"/transfers/new/house/{note(alice).pk}/",
        "/transfers/new/item/01a1fa7a-a02c-727b-b024-ada9e8f44be7/",
    ):
        assert browser.get(address).status_code == 404


def test_an_offer_is_accepted_or_declined_on_its_page(alice: Person, workshop: Any) -> None:
    _, arrived = offered(alice, note(alice), None, workshop)
    there = acting_for(alice, workshop)
    page = text(there.get(f"/transfers/{arrived.pk}/"))
    assert TEXT in page
    assert alice.identity.name in page
    wrong = post(there, f"/transfers/{arrived.pk}/accept/", {"sphere": ""})
    assert wrong.status_code == 400
    asked = post(there, f"/transfers/{arrived.pk}/accept/", {"sphere": "team"})
    question = row_of(alice, arrived.pk, workshop).checkpoint_id
    assert asked.headers["Location"] == f"/approvals/{question}/"
    assert TEXT not in text(there.get(f"/approvals/{question}/"))
    post(there, f"/transfers/{arrived.pk}/decline/")
    assert row_of(alice, arrived.pk, workshop).state == "declined"
    again = post(there, f"/transfers/{arrived.pk}/accept/", {"sphere": "team"}, follow=True)
    assert again.status_code == 200
    assert row_of(alice, arrived.pk, workshop).state == "declined"


@pytest.mark.parametrize(("form", "undone"), [("copy", "octagon-x"), ("reference", "undo-2")])
def test_the_question_says_who_will_see_it(form: str, undone: str, alice: Person, workshop: Any) -> None:
    shown = asks(alice, None, OFFER, object=note(alice).pk, to_identity=workshop.pk, form=form)
    page = text(alice.browser.get(f"/approvals/{shown['id']}/"))
    assert f"{workshop.name}</dd>" in page
    assert "personne d’autre" not in page
    assert f"#{undone}" in page.partition('id="p3"')[2].partition("</dl>")[0]
    assert shown["preview"]["reversible"] == (form == "reference")


def test_a_reference_is_withdrawn_on_its_page(alice: Person, browser: Client) -> None:
    row = crossed(alice, note(alice), form="reference")
    page = text(browser.get(f"/transfers/{row.pk}/"))
    assert TEXT in page
    assert "revoke/" in page
    post(browser, f"/transfers/{row.pk}/revoke/")
    page = text(browser.get(f"/transfers/{row.pk}/"))
    assert TEXT not in page
    assert "revoke/" not in page


def test_the_item_that_came_over_tells_so_and_a_reference_cannot_be_edited(alice: Person, browser: Client) -> None:
    copy, lent = crossed(alice, note(alice)), crossed(alice, note(alice), form="reference")
    for row, edits in ((copy, True), (lent, False)):
        page = text(browser.get(f"/i/{row.made_id}/"))
        assert f"/transfers/{row.pk}/" in page
        assert ("?edit=1" in page) == edits
        assert (f"/transfers/new/item/{row.made_id}/" in page) == edits
    refused = post(browser, f"/i/{lent.made_id}/", {"title": "À moi", "content": "x", "version": 1})
    assert refused.status_code == 409


def test_others_there_learn_neither_the_name_nor_the_offer(alice: Person, bob: Person, workshop: Any) -> None:
    secret = "Divorce et associés"
    type(alice.identity).objects.filter(pk=alice.identity.pk).update(name=secret)
    _, arrived = offered(alice, note(alice), None, workshop)
    theirs = acting_for(bob, workshop)
    assert theirs.get(f"/transfers/{arrived.pk}/").status_code == 404
    assert "Bail" not in text(theirs.get("/transfers/"))
    made = accepted(alice, arrived, workshop).made_id
    for address in ("/transfers/", f"/transfers/{arrived.pk}/", f"/i/{made}/"):
        page = text(theirs.get(address))
        assert "Bail" in page
        assert secret not in page
    assert secret in text(acting_for(alice, workshop).get(f"/transfers/{arrived.pk}/"))


def test_a_viewer_reads_and_changes_nothing(alice: Person, bob: Person, workshop: Any) -> None:
    row = crossed(alice, note(alice, workshop), workshop, form="reference")
    make_viewer(bob, workshop)
    theirs = acting_for(bob, workshop)
    page = text(theirs.get(f"/transfers/{row.pk}/"))
    assert "revoke/" not in page
    assert post(theirs, f"/transfers/{row.pk}/revoke/").status_code == 403


def test_from_a_message_to_the_question_and_back_to_where_it_was_said(
    alice: Person, bob: Person, workshop: Any
) -> None:
    browser = acting_for(alice, workshop)
    with alice.acting(workshop):
        thread = perform("threads.thread.create", {"title": "Toit", "sphere": "business"})
        message = perform("threads.message.add", {"thread": thread.pk, "content": "Refaire le toit."})
    new, page = f"/transfers/new/message/{message.pk}/", f"/t/{thread.pk}/"
    assert f'href="{new}"' in text(browser.get(page))
    assert f'href="{new}"' in text(browser.get(f"{page}stream/"))
    form = text(browser.get(new))
    assert f"{page}?at={message.pk}#m-{message.pk}" in form
    assert "**Alice** · 20" in form
    asked = post(browser, new, {"to": "sphere:creative", "form": "copy", "note": ""})
    question = text(browser.get(asked.headers["Location"]))
    assert "Refaire le toit." in question
    make_viewer(bob, workshop)
    theirs = acting_for(bob, workshop)
    assert new not in text(theirs.get(page))
    assert theirs.get(new).status_code == 403


def test_the_list_costs_the_same_however_long_and_goes_on(alice: Person, workshop: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert alice.browser.get("/transfers/").status_code == 200
        return len(seen)

    crossed(alice, note(alice))
    offered(alice, note(alice), None, workshop)
    cost()
    before = cost()
    for _ in range(2):
        crossed(alice, note(alice))
        offered(alice, note(alice), None, workshop)
    assert cost() == before
    narrowed = text(alice.browser.get("/transfers/?direction=out&state=offered"))
    assert narrowed.count("item__title") == 3
    assert "item__title" not in text(alice.browser.get("/transfers/?state=refused"))
