"""Signing in with an outside account, against a real OIDC provider (design 3.9)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from chenu.env import oidc
from governance.access.outside.adapter import one_line
from governance.models import Identity, SignIn, User
from tests.cast import Person
from tests.governance.access.doors import code, enrol, entries
from tests.governance.access.test_stepup import later
from tests.oidc import CLIENT, SECRET, Provider, provider  # noqa: F401

pytestmark = pytest.mark.security


@pytest.fixture
def house(provider: Provider, settings: Any, db: None) -> Provider:  # noqa: F811
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": oidc(CLIENT, SECRET, provider.url, "Maison d’à côté")}
    email = f"odile-{uuid4().hex}@example.com"
    provider.claims = {"sub": uuid4().hex, "email": email, "email_verified": True, "name": "Odile Caron"}
    return provider


def leave(browser: Client, **fields: str) -> str:
    """Presses the button; returns the other site's address."""
    page = browser.post("/accounts/outside/oidc/", fields)
    assert page.status_code == 200
    return re.search(r'content="0; url=([^"]+)"', page.content.decode())[1].replace("&amp;", "&")  # type: ignore[index]


def visit(url: str) -> str:
    """The other site signs in without a question; the path it sends the browser back to."""
    back = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]
    return back.removeprefix("http://testserver")


def come_in(browser: Client, **fields: str) -> Any:
    return browser.get(visit(leave(browser, **fields)))


def test_a_stranger_gets_an_account_with_one_identity_and_no_password(house: Provider) -> None:
    browser = Client()
    assert "Maison d’à côté" in browser.get("/accounts/login/").content.decode()
    assert come_in(browser).headers["Location"] == "/home/"
    person = User.objects.get(email=house.claims["email"])
    assert (person.display_name, person.has_usable_password()) == ("Odile Caron", False)
    assert EmailAddress.objects.get(user=person).verified
    assert browser.get("/api/v2/auth/me/").json()["email"] == house.claims["email"]
    found = Person(person, Identity.objects.get(owner=person))
    assert [entry[0] for entry in entries(found)] == ["governance.person.register", "governance.session.open"]
    assert SignIn.objects.of_person(person.pk).get().method == "oidc"


def test_the_same_outside_account_comes_back_to_the_same_person(house: Provider) -> None:
    come_in(Client())
    house.claims["email"] = f"autre-{uuid4().hex}@example.com"
    again = Client()
    assert come_in(again).headers["Location"] == "/home/"
    assert SocialAccount.objects.filter(uid=house.claims["sub"]).count() == 1


@pytest.mark.parametrize("verified", [True, False])
def test_an_outside_account_never_takes_over_an_account_that_exists(
    verified: bool, house: Provider, alice: Person
) -> None:
    house.claims |= {"email": alice.email, "email_verified": verified}
    browser = Client()
    answer = come_in(browser)
    assert "/accounts/outside/signup/" in answer.headers["Location"]
    form = {"email": alice.email, "display_name": "Odile"}
    assert browser.post("/accounts/outside/signup/", form).status_code == 200
    assert browser.get("/api/v2/auth/me/").status_code == 401
    assert not SocialAccount.objects.filter(user=alice.user).exists()
    assert User.objects.filter(email=alice.email).count() == 1


def test_a_second_factor_is_asked_after_the_other_house_as_well(house: Provider) -> None:
    come_in(Client())
    person = User.objects.get(email=house.claims["email"])
    enrol(Person(person, Identity.objects.get(owner=person)))
    browser = Client()
    assert come_in(browser).headers["Location"] == "/accounts/login/second-factor/"
    assert browser.get("/api/v2/auth/me/").status_code == 401
    browser.post("/accounts/login/second-factor/", {"code": code()})
    assert browser.get("/api/v2/auth/me/").status_code == 200


def test_the_way_back_works_once_and_only_in_the_browser_that_left(house: Provider) -> None:
    browser, thief = Client(), Client()
    back = visit(leave(browser))
    for refused in (thief.get(back), thief.get("/accounts/oidc/oidc/login/callback/?code=x&state=y")):
        assert refused.status_code in {200, 401, 403}
        assert thief.get("/api/v2/auth/me/").status_code == 401
    assert browser.get(back).status_code == 302
    browser.post("/accounts/logout/")
    browser.get(back)
    assert browser.get("/api/v2/auth/me/").status_code == 401


def test_a_code_of_another_sign_in_is_refused_by_its_proof(house: Provider) -> None:
    """Login CSRF: a stolen code put into somebody else's way back fails on PKCE."""
    mine, theirs = Client(), Client()
    stolen = re.search(r"code=([^&]+)", visit(leave(theirs)))[1]  # type: ignore[index]
    back = re.sub(r"code=[^&]+", f"code={stolen}", visit(leave(mine)))
    mine.get(back)
    assert mine.get("/api/v2/auth/me/").status_code == 401


def test_a_closed_installation_makes_no_account(house: Provider, settings: Any, alice: Person) -> None:
    settings.SIGNUP_POLICY = "invite"
    browser = Client()
    come_in(browser)
    assert browser.get("/api/v2/auth/me/").status_code == 401
    assert not User.objects.filter(email=house.claims["email"]).exists()


def test_a_silent_provider_is_a_calm_503(house: Provider) -> None:
    house.broken = True
    assert Client().post("/accounts/outside/oidc/").status_code == 503


def test_only_what_is_set_up_is_offered(house: Provider, stranger: Client, settings: Any) -> None:
    assert stranger.post("/accounts/outside/google/").status_code == 404
    assert stranger.get("/accounts/google/login/callback/").status_code < 500
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "accounts/outside" not in stranger.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_the_way_back_leads_nowhere_else(elsewhere: str, house: Provider) -> None:
    assert come_in(Client(), next=elsewhere).headers["Location"] == "/home/"
    assert come_in(Client(), next="/approvals/").headers["Location"] == "/approvals/"


def test_who_has_no_password_steps_up_at_the_other_house(house: Provider) -> None:
    browser = Client()
    come_in(browser)
    assert browser.get("/accounts/security/app/").status_code == 200
    later(browser, 601)
    asked = browser.get("/accounts/security/app/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/outside/")
    come_in(browser, next="/accounts/security/app/")
    assert browser.get("/accounts/security/app/").status_code == 200


@pytest.mark.parametrize(
    ("said", "kept"),
    [("Zoé\r\nBcc: x", "Zoé Bcc: x"), ("x" * 200, "x" * 80), ("\x00a\u202eb", "a b"), (None, ""), (7, "7")],
)
def test_a_name_from_outside_is_one_plain_line(said: Any, kept: str) -> None:
    assert one_line(said) == kept
