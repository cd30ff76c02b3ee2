"""Every way into an account, walked in a browser: both languages, phone and desk, each page looked at (design 8.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Installation, launched
from tests.e2e.visitor import DESK, NAMES, PASSWORD, SCREENS, Visitor, new_email
from tests.governance.access.doors import code

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
NEW_PASSWORD = "une-autre-agrafe-8"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the whole file: nothing here speaks with the database."""
    with launched() as browser:
        yield browser


@pytest.fixture(params=SCREENS, ids=NAMES)
def visitor(request: Any, chromium: Any, installation: Installation) -> Iterator[Visitor]:
    one = Visitor(chromium, installation, *request.param)
    yield one
    one.context.close()
    assert one.complaints == []


def test_an_address_and_a_password_from_the_first_to_the_next(visitor: Visitor) -> None:
    """Sign-up with its link, a wrong password, a forgotten one, another one, another address."""
    email, another, before = new_email(), f"autre-{new_email()}", len(visitor.installation.mails())
    visitor.sign_up(email)
    visitor.open(visitor.link(email, "/accounts/confirm-email/", before))
    visitor.send("/accounts/confirm-email/")
    visitor.open("/accounts/email/")
    assert "note" not in visitor.page.locator("main form").first.get_attribute("class"), "the address is confirmed"
    visitor.sign_out()
    visitor.open("/accounts/login/")
    visitor.password(email, "wrong-cheval-7-agrafe")
    expect(visitor.page.locator("[role=alert]:visible")).to_have_count(1)
    visitor.looks_right()
    visitor.open("/accounts/password/reset/")
    visitor.send("/accounts/password/reset/", email=email)
    visitor.arrive("**/password/reset/done/")
    visitor.page.goto(visitor.link(email, "/accounts/password/reset/key/", before))
    visitor.arrive("**/*set-password/")
    visitor.send("set-password", password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    visitor.password(email, NEW_PASSWORD)
    visitor.page.wait_for_url("**/home/")
    visitor.open("/accounts/password/change/")
    visitor.send("/accounts/password/change/", password=PASSWORD)
    visitor.arrive("**/accounts/security/")
    visitor.page.goto("/accounts/email/")
    visitor.send("/accounts/email/", email=another)
    visitor.arrive("**/accounts/email/")
    visitor.open(visitor.link(another, "/accounts/confirm-email/", before))
    visitor.send("/accounts/confirm-email/")
    visitor.sign_out()
    visitor.password(another)
    visitor.page.wait_for_url("**/home/")


def test_an_app_its_codes_and_a_recovery_code(visitor: Visitor) -> None:
    page, email = visitor.page, new_email()
    visitor.sign_up(email)
    visitor.open("/accounts/security/")
    visitor.open("/accounts/security/app/")
    secret = page.locator("#secret").inner_text().replace(" ", "")
    visitor.send("/accounts/security/app/", code=code(-1, secret))
    visitor.arrive("**/codes/")
    spare = page.locator(".codes li").first.inner_text()
    visitor.open("/accounts/security/")
    visitor.sign_out()
    for number, shown in enumerate((code(0, secret), spare)):
        visitor.password(email)
        page.wait_for_url("**/second-factor/")
        if number == 0:
            visitor.looks_right()
        visitor.send("/second-factor/", code=shown)
        page.wait_for_url("**/home/")
        if number == 0:
            visitor.sign_out()
    page.goto("/accounts/reauthenticate/?next=/accounts/security/codes/")
    visitor.arrive("**/reauthenticate/code/**")
    visitor.send("/reauthenticate/code/", code=code(1, secret))
    page.wait_for_url("**/security/codes/")


def test_a_passkey_alone_as_second_step_and_as_proof(visitor: Visitor) -> None:
    page, email = visitor.page, new_email()
    visitor.sign_up(email)
    visitor.open("/accounts/security/passkeys/add/")
    visitor.device()
    visitor.arrive("**/codes/")
    visitor.open("/accounts/security/")
    visitor.sign_out()
    visitor.open("/accounts/login/")
    visitor.device()
    page.wait_for_url("**/home/")
    visitor.sign_out()
    visitor.password(email)
    visitor.arrive("**/second-factor/")
    visitor.device()
    page.wait_for_url("**/home/")
    visitor.open("/accounts/reauthenticate/passkey/?next=/accounts/security/codes/")
    visitor.device()
    page.wait_for_url("**/security/codes/")


def test_open_sign_ins_and_tokens_are_closed_from_their_lists(
    visitor: Visitor, chromium: Any, installation: Installation
) -> None:
    page, email = visitor.page, new_email()
    visitor.sign_up(email)
    lost = Visitor(chromium, installation, "fr-CA", DESK)
    lost.password(email)
    lost.page.wait_for_url("**/home/")
    visitor.open("/accounts/sessions/")
    visitor.go(page.locator("main li form button").first)
    expect(page.locator("main li form button")).to_have_count(0)
    visitor.looks_right()
    lost.page.goto("/home/")
    assert "/accounts/login/" in lost.page.url
    lost.context.close()
    visitor.open("/accounts/tokens/")
    form = page.locator('form[action="/accounts/tokens/"]')
    form.locator("[name=name]").fill("Sauvegarde")
    form.locator("[name=scopes]").first.check()
    visitor.go(form.locator("button").last)
    expect(page.locator("#token")).to_contain_text("chenu_")
    visitor.looks_right()
    visitor.go(page.locator('form[action$="/revoke/"] button'))
    expect(page.locator('form[action$="/revoke/"]')).to_have_count(0)
    visitor.open("/accounts/reauthenticate/")


def test_an_outside_account_signs_in_and_is_linked(visitor: Visitor) -> None:
    """Also the proof that our own content policy lets a person leave for the other site."""
    page, stranger, email = visitor.page, new_email(), new_email()
    house = visitor.installation.house
    house.claims = {"sub": stranger, "email": stranger, "email_verified": True, "name": "Odile Caron"}
    visitor.open("/accounts/login/")
    page.locator('form[action="/accounts/outside/oidc/"] button').click()
    page.wait_for_url("**/home/")
    visitor.sign_out()
    visitor.sign_up(email)
    house.claims = {"sub": f"x-{email}", "email": f"x-{email}", "email_verified": True, "name": "Camille"}
    visitor.open("/accounts/security/outside/")
    page.locator('form[action$="/link/"] button').click()
    expect(page.locator("main")).to_contain_text(f"x-{email}")
    visitor.looks_right()
    visitor.sign_out()
    page.goto("/accounts/login/")
    page.locator('form[action="/accounts/outside/oidc/"] button').click()
    page.wait_for_url("**/home/")
    page.goto("/accounts/security/outside/")
    page.locator('form[action$="/unlink/"] button').click()
    expect(page.locator('form[action$="/link/"]')).to_have_count(1)


def test_an_identity_that_demands_a_second_factor(visitor: Visitor) -> None:
    """Its owner adds one, demands it, loses theirs, is turned back, and comes back."""
    page = visitor.page
    visitor.sign_up(new_email())
    page.goto("/identities/")
    page.locator("main details:has([name=kind]) summary").click()
    form = page.locator("main form:has([name=kind])")
    form.locator("[name=name]").fill("Atelier")
    visitor.go(form.locator("button").last)
    visitor.go(page.locator('main form[action$="/activate/"] button').first)
    page.goto("/accounts/security/passkeys/add/")
    visitor.device()
    page.wait_for_url("**/codes/")
    visitor.open("/team/")
    visitor.send("/team/second-factor/")
    visitor.arrive("**/team/")
    visitor.open("/accounts/security/")
    visitor.send("/remove/")
    visitor.arrive("**/security/needed/")
    page.goto("/accounts/security/passkeys/add/")
    visitor.device()
    page.wait_for_url("**/codes/")
    page.locator('main a[href="/accounts/security/needed/"]').click()
    visitor.arrive("**/security/needed/")
    visitor.go(page.locator('main form[action$="/activate/"] button'))
    page.wait_for_url("**/accounts/security/")


def test_a_device_that_gives_no_passkey_leaves_the_person_another_way(visitor: Visitor) -> None:
    visitor.devices.send("WebAuthn.setUserVerified", {"authenticatorId": visitor.key, "isUserVerified": False})
    visitor.page.goto("/accounts/login/")
    visitor.device()
    expect(visitor.page.locator("[data-passkey-failed]")).to_be_visible()
    expect(visitor.page.locator("[data-passkey-go]")).to_be_enabled()
    visitor.looks_right()


def test_without_javascript_no_passkey_is_offered_and_the_rest_works(chromium: Any, installation: Installation) -> None:
    context = chromium.new_context(base_url=installation.url, java_script_enabled=False, locale="fr-CA")
    page = context.new_page()
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name=re.compile("clé d’accès"))).to_have_count(0)
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
    context.close()
