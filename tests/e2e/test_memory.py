"""Memory in a browser: kept, used, proposed, archived and forgotten, in both languages, and open to everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Installation
from tests.e2e.test_accessibility import SCREENS, faults
from tests.e2e.test_journeys import ask, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
WORDS = "Le jardin a douze tomates"


def remember(page: Any, words: str) -> None:
    """A rule for agents: the one type that asks for no place."""
    page.goto("/memory/new/")
    page.get_by_label("À mémoriser").fill(words)
    page.get_by_label("De quelle nature").select_option("rule")
    page.get_by_text("Pour les agents").click()
    page.locator("main").get_by_role("button", name="Mémoriser").click()
    page.wait_for_url("**/memory/")


def test_a_memory_is_kept_used_archived_and_forgotten(page: Any) -> None:
    sign_up(page, "Fanny Lavoie")
    remember(page, WORDS)
    expect(page.locator("main")).to_contain_text(WORDS)
    ask(page, "Combien de tomates dans le jardin ?")
    expect(page.locator("#stream")).to_contain_text("douze tomates", timeout=20_000)
    page.goto("/memory/")
    page.get_by_role("link", name=WORDS).click()
    page.locator("#uses").locator("xpath=../..").get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text(WORDS)
    page.goto("/memory/")
    page.get_by_role("button", name=re.compile("^Archiver")).click()
    page.get_by_role("button", name="Annuler").click()
    page.get_by_role("link", name=WORDS).click()
    page.get_by_text("L’oublier", exact=True).click()
    page.get_by_role("button", name="L’oublier pour de bon").click()
    page.wait_for_url("**/memory/")
    expect(page.locator("main")).not_to_contain_text(WORDS)
    expect(page.locator("main")).to_contain_text("Rien n’est mémorisé")


@pytest.mark.parametrize(("size", "theme", "locale"), SCREENS)
def test_a_full_page_keeps_nobody_out(
    chromium: Any, page: Any, installation: Installation, size: tuple[int, int], theme: str, locale: str
) -> None:
    sign_up(page, "Odile Caron")
    remember(page, WORDS + " et " + "longuement " * 30)
    page.goto("/memory/")
    page.get_by_role("button", name=re.compile("^Épingler")).click()
    detail = page.locator("main .rows a.item__title").first.get_attribute("href")
    options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": theme, "locale": locale}
    state = page.context.storage_state()
    own = chromium.new_context(base_url=installation.url, storage_state=state, bypass_csp=True, **options).new_page()
    paths = ["/memory/", "/memory/?q=rien", "/memory/new/", detail, f"{detail}edit/"]
    assert [fault for path in paths for fault in faults(own, path)] == []
