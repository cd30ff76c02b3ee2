"""Linking an outside account to the person who is signed in, and unlinking it (design 3.9)."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from governance.access.outside import actions
from governance.errors import Conflict
from governance.models import Identity, User
from governance.perform import perform
from tests.cast import Person
from tests.governance.access.doors import entries, password_shown, post
from tests.governance.access.keys import A_CREDENTIAL
from tests.governance.access.test_outside import come_in, house, visit  # noqa: F401
from tests.governance.access.test_stepup import later
from tests.oidc import Provider, provider  # noqa: F401

pytestmark = pytest.mark.security
PAGE, LINK = "/accounts/security/outside/", "/accounts/security/outside/oidc/link/"


@pytest.fixture(autouse=True)
def _mails(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def leave(browser: Client) -> str:
    page = post(browser, LINK)
    assert page.status_code == 200, page.headers
    return str(page.context["url"])


def link(browser: Client) -> Any:
    return browser.get(visit(leave(browser)))


def unlink(browser: Client, row: SocialAccount) -> Any:
    return post(browser, f"{PAGE}{row.pk}/unlink/")


def linked(person: Any) -> list[SocialAccount]:
    return list(SocialAccount.objects.filter(user=person))


def test_a_linked_account_signs_in_until_it_is_unlinked(house: Provider, alice: Person) -> None:
    house.claims["email"] = f"ailleurs-{uuid4().hex}@example.com"
    browser = password_shown(alice)
    assert link(browser).headers["Location"] == PAGE
    assert house.claims["email"] in browser.get(PAGE).content.decode()
    elsewhere = Client()
    assert come_in(elsewhere).headers["Location"] == "/home/"
    assert elsewhere.get("/api/v2/auth/me/").json()["email"] == alice.email
    assert unlink(browser, linked(alice.user)[0]).headers["Location"] == PAGE
    assert linked(alice.user) == []
    again = Client()
    come_in(again)
    assert again.get("/api/v2/auth/me/").json()["email"] != alice.email
    done = [action for action, outcome, _ in entries(alice) if outcome == "allowed"]
    assert [done.count(f"governance.outside.{verb}") for verb in ("link", "unlink")] == [1, 1]
    assert [message.to for message in mail.outbox if "@" in message.to[0]][:2] == [[alice.email]] * 2


def test_linking_and_unlinking_ask_for_a_fresh_proof(house: Provider, alice: Person) -> None:
    browser = password_shown(alice)
    link(browser)
    later(browser, 601)
    for path in (LINK, f"{PAGE}{linked(alice.user)[0].pk}/unlink/"):
        answer = post(browser, path)
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert len(linked(alice.user)) == 1


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_that_is_somebody_elses_is_never_linked(
    verified: bool, house: Provider, alice: Person, charlie: Person
) -> None:
    house.claims |= {"email": charlie.email.upper(), "email_verified": verified}
    browser = password_shown(alice)
    assert link(browser).headers["Location"] == PAGE
    assert linked(alice.user) == linked(charlie.user) == []
    assert ("governance.outside.link", "refused", "linked_elsewhere") in entries(alice)


def test_an_account_that_is_linked_elsewhere_stays_there(house: Provider, alice: Person, charlie: Person) -> None:
    house.claims["email"] = f"x-{uuid4().hex}@example.com"
    link(password_shown(charlie))
    browser = password_shown(alice)
    link(browser)
    assert linked(alice.user) == []
    assert [row.user for row in linked(charlie.user)] == [charlie.user]
    again = password_shown(charlie)
    link(again)
    assert len(linked(charlie.user)) == 1


def test_the_way_back_links_to_who_left_and_to_nobody_else(house: Provider, alice: Person, charlie: Person) -> None:
    house.claims["email"] = f"x-{uuid4().hex}@example.com"
    hers = password_shown(alice)
    back = visit(leave(hers))
    his = password_shown(charlie)
    his.get(back)  # her way back in his browser
    Client().get(back)
    assert linked(alice.user) == linked(charlie.user) == []
    hers.get(back)
    assert len(linked(alice.user)) == 1


def test_a_session_that_changed_hands_links_nothing(house: Provider, alice: Person, charlie: Person) -> None:
    """The state says who left: even if a session kept it, somebody else gains nothing."""
    house.claims["email"] = f"x-{uuid4().hex}@example.com"
    browser = password_shown(alice)
    back = visit(leave(browser))
    states = browser.session["socialaccount_states"]
    browser.post("/accounts/logout/")
    password_shown(charlie, browser)
    session = browser.session
    session["socialaccount_states"] = states
    session.save()
    browser.get(back)
    assert linked(alice.user) == linked(charlie.user) == []


def test_the_last_way_in_is_not_unlinked(house: Provider, settings: Any) -> None:
    browser = Client()
    come_in(browser)
    person = User.objects.get(email=house.claims["email"])
    row = linked(person)[0]
    assert unlink(browser, row).headers["Location"] == PAGE
    assert linked(person) == [row]
    assert "unlink" not in browser.get(PAGE).content.decode().split("<main")[1].split("</main")[0].replace(
        "#unlink", ""
    )
    acting = Person(person, Identity.objects.get(owner=person))
    with acting.acting():
        key = perform("governance.factor.add", {"type": "webauthn", "name": "x", "credential": A_CREDENTIAL})
    with acting.acting():
        perform("governance.outside.unlink", {"account": row.pk})
    assert linked(person) == []
    with acting.acting(), pytest.raises(Conflict) as refusal:
        perform("governance.factor.remove", {"factor": key.pk})
    assert refusal.value.code == "last_way", "nor is the last passkey removed"
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_an_account_of_a_house_that_is_no_longer_accepted_is_no_way_in(house: Provider, settings: Any) -> None:
    browser = Client()
    come_in(browser)
    person = User.objects.get(email=house.claims["email"])
    SocialAccount.objects.create(user=person, provider="gone", uid=uuid4().hex)
    unlink(browser, SocialAccount.objects.get(user=person, provider="oidc"))
    assert len(linked(person)) == 2


def test_of_two_unlinked_at_once_one_stays(house: Provider) -> None:
    """The person is locked: two last ways are not both the last but one."""
    import threading

    from django.db import connection

    come_in(Client())
    person = User.objects.get(email=house.claims["email"])
    SocialAccount.objects.create(user=person, provider="oidc", uid=uuid4().hex)
    acting, found = Person(person, Identity.objects.get(owner=person)), []

    def race(row: SocialAccount) -> None:
        try:
            with acting.acting():
                perform("governance.outside.unlink", {"account": row.pk})
            found.append("gone")
        except Conflict as refusal:
            found.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=race, args=(row,)) for row in linked(person)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["gone", "last_way"]


def test_somebody_elses_link_is_not_there(house: Provider, alice: Person, charlie: Person) -> None:
    house.claims["email"] = f"x-{uuid4().hex}@example.com"
    link(password_shown(alice))
    assert unlink(password_shown(charlie), linked(alice.user)[0]).status_code == 403
    assert len(linked(alice.user)) == 1


def test_without_the_look_at_addresses_it_would_be_linked(
    house: Provider, alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin."""
    monkeypatch.setattr(actions, "is_somebody_elses", lambda *_: False)
    house.claims |= {"email": charlie.email}
    link(password_shown(alice))
    assert len(linked(alice.user)) == 1
