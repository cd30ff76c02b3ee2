"""A payment order in a browser, in both languages, on a desk and on a phone: written, approved, handed to the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_accessibility import faults
from tests.e2e.test_journeys import sign_up
from tests.governance.ledger.test_statement import pdf_text
from tests.governance.orders.ordering import IBAN, OTHER_IBAN

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
WORDS = {
    "fr": {"amount": "1 284,30", "shown": "1 284,30 EUR", "ordered": "Ordonné", "file": "Fichier pour la banque"},
    "en": {"amount": "1,284.30", "shown": "1,284.30 EUR", "ordered": "Ordered", "file": "File for the bank"},
}


def wait_until_ordered(page: Any, words: dict[str, str]) -> None:
    """The worker carries out what was approved; the page is asked again until it says so."""
    for _ in range(40):
        if words["ordered"] in page.locator("#what + .status").inner_text():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def saved(page: Any, button: Any, folder: Path) -> bytes:
    with page.expect_download() as coming:
        button.click()
    coming.value.save_as(folder / "file")
    return (folder / "file").read_bytes()


@pytest.mark.parametrize(("language", "size"), [("fr", (1280, 900)), ("en", (360, 780))])
def test_an_order_goes_from_a_page_to_the_bank(
    chromium: Any, page: Any, installation: Installation, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    sign_up(page, "Odile Caron")
    options: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}, "locale": f"{language}-CA"}
    state, words = page.context.storage_state(), WORDS[language]
    own = chromium.new_context(base_url=installation.url, storage_state=state, bypass_csp=True, **options).new_page()
    own.goto("/orders/")
    if language == "en":
        own.locator('button[name="language"]').first.evaluate("button => button.form.requestSubmit(button)")
        own.wait_for_selector('html[lang="en"]', state="attached")
    own.goto("/orders/account/")
    own.locator('[name="holder"]').fill("Odile Caron")
    own.locator('[name="iban"]').fill(OTHER_IBAN)
    own.locator("main form button").click()
    own.goto("/orders/new/")
    own.locator('[name="payee"]').fill("Électricité Œuvrée")
    own.locator('[name="amount"]').fill(words["amount"])
    own.locator('[name="currency"]').select_option("EUR")
    own.locator('[name="iban"]').fill(f"{IBAN[:4]} {IBAN[4:]}")
    own.locator('button[value="submit"]').click()
    own.wait_for_url("**/approvals/**")
    assert words["shown"] in own.locator("main").inner_text().replace("\u00a0", " ")
    wrong = faults(own, own.url)
    own.locator('button[value="approve"]:visible').first.click()
    own.goto("/orders/")
    own.locator(".orders a").first.click()
    wait_until_ordered(own, words)
    wrong += faults(own, own.url)
    xml = saved(own, own.locator('button[value="pain"]'), tmp_path)
    assert b'<InstdAmt Ccy="EUR">1284.30</InstdAmt>' in xml
    assert IBAN.encode() in xml
    own.reload()
    assert own.locator('[name="again"]').count() == 1
    pdf = saved(own, own.locator('button[value="pdf"]'), tmp_path)
    assert words["shown"] in pdf_text(pdf)
    wrong += faults(own, "/orders/")
    assert wrong == []
