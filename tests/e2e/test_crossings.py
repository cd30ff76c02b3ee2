"""Taking a note into another sphere, and lending it to another identity, in a browser: French and English, with axe."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Installation
from tests.e2e.test_accessibility import faults
from tests.e2e.test_journeys import PASSWORD, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
CROSSING = re.compile(r"/transfers/[0-9a-f-]{36}/")
QUESTION = re.compile(r"/approvals/[0-9a-f-]{36}/")
TEXT = "Le toit de la rue Fabre fuit au nord."


def signed_up(page: Any, installation: Installation, name: str) -> str:
    """A new person with a firm and a note; the note's address."""
    email = sign_up(page, name)
    access = send(installation, "auth/login/", {"email": email, "password": PASSWORD})["access"]
    send(installation, "auth/identities/", {"kind": "enterprise", "name": "Atelier Caron"}, access)
    note = {"title": "Toiture", "content": TEXT, "sphere": "personal", "type": "note"}
    return f"/i/{send(installation, 'items/', note, access)['id']}/"


def send(installation: Installation, path: str, body: dict[str, str], access: str = "") -> dict[str, Any]:
    """A program's request: what the person had made before."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
    request = urllib.request.Request(f"{installation.url}/api/v2/{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def all_fine(browser: Any, page: Any, installation: Installation, *paths: str) -> list[str]:
    """What axe finds on the pages: on a desktop in French, on a phone in the dark in English."""
    wrong = []
    for width, height, theme, locale in ((1280, 900, "light", "fr-CA"), (360, 780, "dark", "en-CA")):
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "locale": locale}
        state = page.context.storage_state()
        context = browser.new_context(base_url=installation.url, storage_state=state, bypass_csp=True, **screen)
        if locale == "en-CA":
            context.add_cookies([{"name": "django_language", "value": "en", "url": installation.url}])
        own = context.new_page()
        wrong += [fault for path in paths for fault in faults(own, path)]
        context.close()
    return wrong


def approve(page: Any) -> None:
    page.get_by_role("button", name=re.compile("^Approuver")).first.click()
    page.get_by_role("link", name="Le passage, étape par étape").wait_for()


def test_a_note_is_copied_into_another_sphere(chromium: Any, page: Any, installation: Installation) -> None:
    note = signed_up(page, installation, "Odile Caron")
    page.goto(note)
    page.get_by_role("link", name="Emporter ailleurs").click()
    asking = page.url
    page.get_by_label("Où", exact=True).select_option("sphere:business")
    page.get_by_role("button", name="Voir ce qui passerait").click()
    page.wait_for_url(QUESTION)
    expect(page.locator("main")).to_contain_text(TEXT)
    question = page.url
    approve(page)
    page.get_by_role("link", name="Le passage, étape par étape").click()
    page.wait_for_url(CROSSING)
    expect(page.locator(".story li")).to_have_count(6)
    done_when(page, "Exécuté")
    assert all_fine(chromium, page, installation, "/transfers/", page.url, question, asking) == []
    page.get_by_role("link", name="Ce qu’il est devenu").click()
    expect(page.locator("main")).to_contain_text("Une copie. Elle vient de")
    expect(page.locator("main")).to_contain_text(TEXT)
    assert all_fine(chromium, page, installation, page.url) == []


def done_when(page: Any, step: str) -> None:
    """Reloads until the worker has carried it out."""
    done = page.locator(".story li[data-state=done]").filter(has_text=step)
    for _ in range(40):
        if done.count():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(f"{step}: not done in ten seconds")


def test_a_reference_is_lent_accepted_and_taken_back(chromium: Any, page: Any, installation: Installation) -> None:
    note = signed_up(page, installation, "Rosalie Caron")
    page.goto(note)
    page.get_by_role("link", name="Emporter ailleurs").click()
    page.get_by_label("Où", exact=True).select_option(label="Atelier Caron")
    page.get_by_label(re.compile("^Un renvoi")).check()
    page.get_by_role("button", name="Voir ce qui passerait").click()
    page.wait_for_url(QUESTION)
    approve(page)
    page.get_by_role("link", name="Le passage, étape par étape").click()
    done_when(page, "Exécuté")
    lent = page.url
    act_for(page, "Atelier Caron")
    page.goto("/transfers/")
    page.locator("a.item__title").first.click()
    expect(page.locator("main")).to_contain_text(TEXT)
    arrived = page.url
    assert all_fine(chromium, page, installation, arrived) == []
    page.get_by_label("Dans quelle sphère").select_option("business")
    page.get_by_role("button", name="Accepter").click()
    page.wait_for_url(QUESTION)
    expect(page.locator("main")).not_to_contain_text(TEXT)
    approve(page)
    page.goto(arrived)
    done_when(page, "Accueilli")
    page.get_by_role("link", name="Ce qu’il est devenu").click()
    expect(page.locator("article")).to_contain_text(TEXT)
    pointer = page.url
    act_for(page, "Rosalie Caron")
    page.goto(lent)
    page.locator("summary").filter(has_text="Le retirer").click()
    page.get_by_role("button", name="Le retirer").click()
    expect(page.locator("main")).to_contain_text("Retiré")
    act_for(page, "Atelier Caron")
    page.goto(pointer)
    expect(page.locator("main")).not_to_contain_text(TEXT)


def act_for(page: Any, name: str) -> None:
    page.goto("/identities/")
    page.get_by_role("button", name=re.compile(f"Agir.*{name}")).first.click()
    page.wait_for_url("**/home/")
