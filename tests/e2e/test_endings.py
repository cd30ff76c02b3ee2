"""The main job when it does not go straight: edited first, expired, and the browser closed in the middle (Show 2)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect

from chenu.launch.postgres import SUPERUSER, EmbeddedPostgres
from tests.e2e.conftest import Installation
from tests.e2e.test_journeys import SEND, ask, mails_about, sign_up, stopped

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


@pytest.fixture
def sql(installation: Installation) -> Iterator[Callable[..., Any]]:
    """A statement as the superuser of the running installation: how a test lets time pass."""
    server = EmbeddedPostgres(installation.data / "postgres")
    with psycopg.connect(server.dsn(SUPERUSER, "chenu"), autocommit=True) as connection:
        yield connection.execute


def eventually(what: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
    return found


def again(page: Any, chromium: Any, installation: Installation) -> Any:
    """Closes the browser as it stands and opens another one of the same person."""
    state = page.context.storage_state()
    page.close()
    context = chromium.new_context(storage_state=state, base_url=installation.url, locale="fr-CA")
    context.set_default_timeout(20_000)
    return context.new_page()


def test_who_edits_first_approves_the_new_words_and_they_alone_leave(page: Any, installation: Installation) -> None:
    sign_up(page, "Edith Gagnon")
    stopped(page)
    first = page.url
    page.get_by_role("link", name=re.compile("^Modifier")).first.click()
    page.get_by_label("Objet").fill("Mardi, dix heures")
    page.get_by_role("textbox", name="Texte").fill("Bonjour Paul, à mardi, dix heures. Édith")
    page.get_by_role("button", name="Sceller ces mots").click()
    expect(page.locator("main")).to_contain_text("à mardi, dix heures. Édith")
    assert page.url != first
    page.get_by_role("button", name=re.compile("^Approuver")).first.click()
    sent = eventually(lambda: mails_about(installation, "Mardi, dix heures"))
    assert len(sent) == 1
    page.goto(first)
    expect(page.locator("#outcome")).to_contain_text("une autre question")
    expect(page.get_by_role("button", name=re.compile("^Approuver"))).to_have_count(0)


def test_a_question_nobody_answers_expires_and_nothing_leaves(
    page: Any, chromium: Any, installation: Installation, sql: Callable[..., Any]
) -> None:
    sign_up(page, "Fernand Côté")
    before = len(installation.mails())
    stopped(page)
    question = page.url
    page = again(page, chromium, installation)  # a refused click is an answer of 410, which its console notes
    page.goto(question)
    checkpoint = page.url.rstrip("/").rsplit("/", 1)[-1]
    sql("UPDATE governance_checkpoint SET expires_at = now() WHERE id = %s", [checkpoint])
    page.get_by_role("button", name=re.compile("^Approuver")).first.click()
    expect(page.locator("#outcome")).to_contain_text("Le délai pour décider est passé")
    expect(page.locator("#outcome-title")).to_have_text("Expiré")
    ended = "SELECT status FROM governance_checkpoint WHERE id = %s"
    eventually(lambda: sql(ended, [checkpoint]).fetchone() == ("expired",), 90)
    page.goto("/threads/")
    page.locator("a.item__title").first.click()
    expect(page.locator("#stream")).to_contain_text("Rien n’a été envoyé", timeout=20_000)
    assert len(installation.mails()) == before


def test_who_closes_the_browser_in_the_middle_finds_the_question_waiting(
    page: Any, chromium: Any, installation: Installation
) -> None:
    sign_up(page, "Gisele Gagnon")
    before = len(mails_about(installation, "paul@example.com"))
    ask(page, SEND)
    later = again(page, chromium, installation)
    eventually(lambda: later.goto("/approvals/") and later.get_by_role("link", name="Examiner").count())
    assert len(mails_about(installation, "paul@example.com")) == before
    later.get_by_role("link", name="Examiner").first.click()
    later.get_by_role("button", name=re.compile("^Approuver")).first.click()
    later = again(later, chromium, installation)
    eventually(lambda: len(mails_about(installation, "paul@example.com")) == before + 1)
    later.goto("/threads/")
    later.locator("a.item__title").first.click()
    expect(later.locator("#stream")).to_contain_text("Nova")
    assert len(mails_about(installation, "paul@example.com")) == before + 1
    later.context.close()


def test_an_answer_is_finished_for_who_left_before_it_came(
    page: Any, chromium: Any, installation: Installation
) -> None:
    sign_up(page, "Henri Roy")
    words = " ".join(f"mot{n}" for n in range(40))
    ask(page, f"Que contient ce fil ?\n#sim slow 3s\n#sim text {words} et voilà.")
    thread = page.url.partition("#")[0]

    def said(where: Any, word: str) -> int:  # once in the order itself, once more in the answer
        return int(where.locator("#stream").inner_text().count(word))

    assert said(page, "et voilà.") == 1
    later = again(page, chromium, installation)
    eventually(lambda: later.goto(thread) and said(later, "mot39 et voilà.") == 2)
    later.context.close()
