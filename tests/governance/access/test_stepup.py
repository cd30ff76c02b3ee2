"""Step-up: the sensitive asks again, for the second factor where there is one (design 3.9)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, Person
from tests.governance.access.doors import call, code, enrol, entries, password_shown, post, proven_browser, sign_in

pytestmark = pytest.mark.security
APP = "/accounts/security/app/"
AGAIN = "/accounts/reauthenticate/"


def later(browser: Client, seconds: int) -> None:
    """The proofs of this browser grow older."""
    session = browser.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= seconds
    session.save()


def program_later(token: str, seconds: int) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    from governance.access.tokens import person_of_access_token

    found = person_of_access_token(f"Bearer {token}")
    assert found is not None
    session = SessionStore(found[1])
    for entry in session["account_authentication_methods"]:
        entry["at"] -= seconds
    session.save()


def test_ten_minutes_after_the_proof_a_page_asks_again_and_leads_back(alice: Person) -> None:
    browser = proven_browser(alice)
    assert browser.get(APP).status_code == 200
    later(browser, 601)
    asked = browser.get(APP)
    assert (asked.status_code, asked.headers["Location"]) == (302, f"{AGAIN}?next=%2Faccounts%2Fsecurity%2Fapp%2F")
    wrong = browser.post(f"{AGAIN}?next={APP}", {"password": "wrong-pass-word", "next": APP})
    assert wrong.status_code == 200
    assert browser.get(APP).status_code == 302
    done = browser.post(AGAIN, {"password": PASSWORD, "next": APP})
    assert (done.status_code, done.headers["Location"]) == (302, APP)
    assert browser.get(APP).status_code == 200
    assert entries(alice)[-1] == ("governance.session.confirm", "allowed", "")


def test_a_session_that_never_proved_anything_is_asked(alice: Person) -> None:
    assert alice.browser.get(APP).status_code == 302
    assert alice.browser.get("/accounts/security/").status_code == 200


def test_who_has_a_second_factor_cannot_step_up_by_password(alice: Person) -> None:
    browser = proven_browser(alice)
    enrol(alice)
    browser = proven_browser(alice)
    later(browser, 601)
    asked = browser.post(AGAIN, {"password": PASSWORD, "next": "/accounts/security/codes/"})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/code/")
    assert browser.get("/accounts/security/codes/").status_code == 302
    shown = browser.post("/accounts/reauthenticate/code/", {"code": code(1), "next": "/accounts/security/codes/"})
    assert shown.headers["Location"] == "/accounts/security/codes/"
    assert browser.get("/accounts/security/codes/").status_code == 200


def test_a_post_without_proof_changes_nothing(alice: Person) -> None:
    enrol(alice)
    browser = proven_browser(alice)
    later(browser, 601)
    answer = post(browser, "/accounts/security/app/remove/")
    assert answer.headers["Location"].startswith(AGAIN)
    assert call("GET", "auth/2fa/", token=sign_in(alice, 1)["access"]).json()["totp"] is True


def test_a_proof_from_the_future_is_none(alice: Person) -> None:
    browser = proven_browser(alice)
    later(browser, -3600)
    assert browser.get(APP).status_code == 302


def test_a_program_is_told_to_step_up_and_does(alice: Person) -> None:
    token = sign_in(alice)["access"]
    program_later(token, 601)
    refused = call("POST", "auth/2fa/enable/", token=token)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert call("POST", "auth/step-up/", {"password": "wrong-pass-word"}, token=token).status_code == 401
    assert call("POST", "auth/step-up/", {"code": "000000"}, token=token).status_code == 400
    assert call("POST", "auth/step-up/", {"password": PASSWORD}, token=token).status_code == 204
    assert call("POST", "auth/2fa/enable/", token=token).status_code == 200


def test_a_program_of_somebody_with_a_factor_steps_up_with_a_code(alice: Person) -> None:
    enrol(alice)
    token = sign_in(alice)["access"]
    program_later(token, 601)
    assert call("GET", "auth/2fa/recovery-codes/", token=token).json()["code"] == "step_up_required"
    assert call("POST", "auth/step-up/", {"password": PASSWORD}, token=token).status_code == 400
    assert call("POST", "auth/step-up/", {"code": code(0)}, token=token).status_code == 401, "used to sign in"
    assert call("POST", "auth/step-up/", {"code": code(1)}, token=token).status_code == 204
    assert len(call("GET", "auth/2fa/recovery-codes/", token=token).json()["recovery_codes"]) == 10


def test_the_proof_of_one_sign_in_is_not_that_of_another(alice: Person) -> None:
    old, fresh = sign_in(alice)["access"], sign_in(alice)["access"]
    program_later(old, 601)
    assert call("POST", "auth/2fa/enable/", token=fresh).status_code == 200
    assert call("POST", "auth/2fa/enable/", token=old).status_code == 403


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil"]
)
def test_neither_signing_in_nor_stepping_up_leads_elsewhere(elsewhere: str, alice: Person) -> None:
    browser = password_shown(alice)
    answers: list[Any] = [
        browser.post(AGAIN, {"password": PASSWORD, "next": elsewhere}),
        Client().post(f"/accounts/login/?next={elsewhere}", {"login": alice.email, "password": PASSWORD}),
        Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD, "next": elsewhere}),
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert {answer.headers["Location"] for answer in answers} == {"/home/"}


def test_time_counts_from_the_latest_proof(alice: Person) -> None:
    from django.http import HttpRequest

    from governance.access.stepup import recently

    request = HttpRequest()
    now = time.time()
    request.session = {  # type: ignore[assignment]
        "account_authentication_methods": [
            {"method": "password", "at": now - 5},
            {"method": "mfa", "at": now - 700},
        ]
    }
    assert recently(request, second=False)
    assert not recently(request, second=True)
