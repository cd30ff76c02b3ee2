"""An approval on a phone takes one look and one tap (design 1.4, 11): an e-mail, a payment, a deletion."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Installation
from tests.e2e.visitor import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

PHONE = {"width": 360, "height": 780}
TASK = {"fr": "Appeler le notaire", "en": "Call the notary"}
# What is asked for, and what must be seen of it: words on the page, whole and uncovered.
ASKED = {
    "fr": {
        "mail": ("Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi", "paul@example.com"),
        "payment": ("Paie 1284,30 $ à Plomberie Rosemont pour la facture 4471", "Plomberie Rosemont"),
        "trash": ("Supprime la tâche « Appeler le notaire »", "Appeler le notaire"),
    },
    "en": {
        "mail": ("Send an e-mail to paul@example.com to confirm our meeting on Tuesday", "paul@example.com"),
        "payment": ("Pay 1284.30 $ to Plomberie Rosemont for invoice 4471", "Plomberie Rosemont"),
        "trash": ("Delete the task “Call the notary”", "Call the notary"),
    },
}
BUTTON = ".decide__bar button[value=approve]"
# The box of an element's first lines, and whether a finger or an eye at its middle would meet it, not a bar above it.
SEEN = """([element, most]) => {
  const box = element.getBoundingClientRect(), height = Math.min(box.height, most), y = box.top + height / 2;
  const met = document.elementFromPoint(box.left + Math.min(box.width, 40) / 2, y);
  return box.top >= 0 && box.top + height <= innerHeight && box.left >= 0 && box.right <= innerWidth
    && (element.contains(met) || met?.contains(element));
}"""


def seen(page: Any, selector: str, lines: int | None = None) -> bool:
    """Is it in the first screen, uncovered? `lines`: only its beginning must be."""
    found = page.locator(f"{selector} >> visible=true").first
    return page.evaluate(SEEN, [found.element_handle(), lines * 24 if lines else 10_000])


def signed_up(page: Any) -> None:
    page.goto("/accounts/signup/")
    form = page.locator('form[action*="signup"]')
    words = {"display_name": "Camille Roy", "email": f"camille-{time.time_ns()}@example.com", "password1": PASSWORD}
    for name, text in words.items():
        form.locator(f'[name="{name}"]').fill(text)
    form.locator("button:not([type=button])").first.click()
    page.wait_for_url("**/home/")


def asked(page: Any, text: str) -> str:
    """Asks Nova; the address of the question she stops at."""
    page.goto("/s/personal/")
    page.locator("#ask-text").fill(text)
    page.locator("#ask button:not([type=button])").first.click()
    page.wait_for_url(re.compile(r"/t/[0-9a-f-]{36}/"))
    return page.locator('main a[href^="/approvals/0"]').first.get_attribute("href")


def examine(page: Any, kind: str, name: str) -> None:
    """The first screen holds everything one decides by; nothing is scrolled."""
    assert page.evaluate("scrollY") == 0
    assert name in page.locator("h1").inner_text()
    assert name in page.locator(".change").inner_text()
    for selector in ("h1", ".tier", ".glance", ".mail dl dd b", BUTTON):
        assert seen(page, selector), f"{kind}: {selector} is not in the first screen"
    if kind == "mail":
        assert seen(page, ".mail__body p", lines=3), "the first lines of the text are not in the first screen"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_one_look_and_one_tap(chromium: Any, installation: Installation, language: str, theme: str) -> None:
    options = {"base_url": installation.url, "locale": f"{language}-CA", "color_scheme": theme, "viewport": PHONE}
    context = chromium.new_context(**options, has_touch=True, is_mobile=True)
    context.set_default_timeout(20_000)
    page = context.new_page()
    signed_up(page)
    page.goto("/tasks/")
    page.locator("main form [name=title]").first.fill(TASK[language])
    page.locator("main form [name=title]").first.press("Enter")
    page.wait_for_load_state()
    for kind, (text, name) in ASKED[language].items():
        page.goto(asked(page, text))
        examine(page, kind, name)
        page.locator(BUTTON).tap()
        expect(page.locator("[value=approve]")).to_have_count(0)
        expect(page.locator(".page__head")).not_to_contain_text(re.compile("Waiting|En attente"))
    context.close()
