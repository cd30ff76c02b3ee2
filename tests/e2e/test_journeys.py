"""The main job in a browser: what a new person does in their first two minutes (design 1.2)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Installation

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

SEND = "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi"
PASSWORD = "correct-cheval-7-agrafe"


def sign_up(page: Any, name: str = "Camille Roy") -> str:
    """A new account through the page; returns its e-mail address."""
    email = f"{name.split()[0].lower()}-{time.time_ns()}@example.com"
    page.goto("/accounts/signup/")
    page.get_by_label("Votre nom").fill(name)
    page.get_by_label("Courriel").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Créer mon compte").click()
    page.wait_for_url("**/home/")
    return email


def ask(page: Any, text: str) -> None:
    """Writes an intent in the sphere Personnel; ends on its thread."""
    page.goto("/s/personal/")
    page.locator("#ask-text").fill(text)
    page.locator("#ask").get_by_role("button", name="Demander à Nova").click()
    page.wait_for_url(re.compile(r"/t/[0-9a-f-]{36}/"))


def stopped(page: Any) -> None:
    """Asks for a SEND and opens the approval page once the run has stopped, without reloading."""
    ask(page, SEND)
    page.get_by_role("link", name="Examiner").first.click()
    page.wait_for_url(re.compile(r"/approvals/[0-9a-f-]{36}/"))


def mails_about(installation: Installation, word: str) -> list[str]:
    return [mail for mail in installation.mails() if word in mail]


def test_a_new_person_sends_one_approved_mail_and_finds_everything(page: Any, installation: Installation) -> None:
    sign_up(page)
    before = len(mails_about(installation, "paul@example.com"))
    stopped(page)
    expect(page.locator("main")).to_contain_text("paul@example.com")
    assert len(mails_about(installation, "paul@example.com")) == before
    page.get_by_role("button", name=re.compile("^Approuver")).first.click()
    page.goto("/outbox/")
    deadline = time.monotonic() + 20
    while len(mails_about(installation, "paul@example.com")) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(mails_about(installation, "paul@example.com")) == before + 1
    page.reload()
    expect(page.locator("main")).to_contain_text("paul@example.com")
    page.goto("/threads/")
    page.locator("a.item__title").first.click()
    expect(page.locator("#stream")).to_contain_text("Nova")
    page.goto("/audit/verify/")
    expect(page.locator("main")).to_contain_text(re.compile("intact", re.IGNORECASE))


def test_a_question_runs_without_a_checkpoint_and_cites_what_it_used(page: Any) -> None:
    sign_up(page, "Louise Tremblay")
    page.goto("/s/personal/")
    page.get_by_role("button", name="Exemples").click()
    ask(page, "Résume mes trois dernières notes")
    for word in ("notaire", "tomates", "habitation"):
        expect(page.locator("#stream")).to_contain_text(word, timeout=20_000)
    expect(page.locator("#stream .cites li")).to_have_count(3)


def test_a_refusal_ends_politely_and_nothing_leaves(page: Any, installation: Installation) -> None:
    sign_up(page, "Bernard Roy")
    before = len(installation.mails())
    stopped(page)
    page.get_by_role("button", name=re.compile("^Refuser")).first.click()
    page.goto("/threads/")
    page.locator("a.item__title").first.click()
    expect(page.locator("#stream")).to_contain_text("Rien n’a été envoyé", timeout=20_000)
    assert len(installation.mails()) == before


def test_two_browsers_see_a_message_at_once(chromium: Any, page: Any, installation: Installation) -> None:
    sign_up(page, "Ariane Fabre")
    page.goto("/s/personal/threads/")
    page.locator("form input[name=title]").fill("Jardin")
    page.locator("form:has(input[name=title]) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/t/[0-9a-f-]{36}/"))
    twin = chromium.new_context(
        storage_state=page.context.storage_state(), base_url=installation.url, locale="fr-CA"
    ).new_page()
    twin.goto(page.url)
    page.locator("textarea[name=content]").fill("Les semis sont prêts.")
    page.locator("[data-thread] form button[data-default-submit]").click()
    expect(twin.locator("#stream")).to_contain_text("Les semis sont prêts.", timeout=5_000)
    twin.context.close()
