"""Half a sign-in opens no door: not a page, not the API, not a socket, not the admin (design 3.9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client

from governance.access import halfway
from governance.access.stepup import may_enter_admin
from governance.live.door import Caller, Close, Refused, admit
from governance.models import SignIn
from tests.cast import PASSWORD, Person
from tests.governance.access.doors import call, challenge, code, enrol, entries, password_shown, proven_browser, wrong

pytestmark = pytest.mark.security


def socket_of(browser: Client) -> Caller:
    """The handshake that this browser's page would send."""
    cookie = f"sessionid={browser.cookies['sessionid'].value}".encode()
    headers = [(b"host", b"127.0.0.1"), (b"origin", b"http://127.0.0.1"), (b"cookie", cookie)]
    return Caller({"headers": headers, "query_string": b"", "path": "/ws/live/"})


def request_of(browser: Client) -> HttpRequest:
    request = HttpRequest()
    request.session = browser.session
    request.user = get_user(request)  # type: ignore[assignment]
    return request


@pytest.mark.parametrize("path", ["/home/", "/s/personal/", "/approvals/", "/accounts/security/", "/audit/"])
def test_a_page_sends_it_back_to_the_sign_in(path: str, alice: Person) -> None:
    enrol(alice)
    answer = password_shown(alice).get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["auth/me/", "threads/", "governance/checkpoints/", "auth/2fa/"])
def test_the_api_does_not_know_its_cookie(path: str, alice: Person) -> None:
    enrol(alice)
    answer = password_shown(alice).get(f"/api/v2/{path}")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_its_challenge_is_no_token(alice: Person) -> None:
    enrol(alice)
    answer = call("GET", "auth/me/", token=challenge(alice))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_socket_is_closed_to_it_and_open_to_a_whole_one(alice: Person) -> None:
    enrol(alice)
    browser = password_shown(alice)
    with pytest.raises(Refused) as refused:
        admit(socket_of(browser))
    assert refused.value.code == Close.SIGN_IN
    browser.post("/accounts/login/second-factor/", {"code": code()})
    assert admit(socket_of(browser)).context.person_id == alice.user.pk


def test_the_admin_is_for_staff_who_showed_a_second_factor_in_this_sign_in(alice: Person, sam: Person) -> None:
    assert not may_enter_admin(request_of(proven_browser(sam))), "staff without a factor stay outside"
    enrol(sam)
    enrol(alice)
    half = password_shown(sam)
    assert not may_enter_admin(request_of(half))
    half.post("/accounts/login/second-factor/", {"code": code()})
    assert may_enter_admin(request_of(half))
    assert not may_enter_admin(request_of(proven_browser(alice))), "and nobody but staff"
    old = Client()
    old.force_login(sam.user)  # a session that never showed it
    assert not may_enter_admin(request_of(old))


def test_no_sign_in_is_recorded_before_it_is_whole(alice: Person) -> None:
    enrol(alice)
    browser = password_shown(alice)
    challenge(alice)
    assert not SignIn.objects.of_person(alice.user.pk).exists()
    assert entries(alice, "governance.session.open") == []
    browser.post("/accounts/login/second-factor/", {"code": code()})
    assert [row.method for row in SignIn.objects.of_person(alice.user.pk)] == ["password+totp"]


def test_the_second_step_alone_leads_nowhere(stranger: Client) -> None:
    for answer in (
        stranger.get("/accounts/login/second-factor/"),
        stranger.post("/accounts/login/second-factor/", {"code": code()}),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")


def test_a_challenge_is_for_its_person_alone(alice: Person, charlie: Person) -> None:
    enrol(alice)
    with charlie.acting():
        from governance.perform import perform

        perform("governance.factor.add", {"type": "totp", "secret": "K" * 32, "period": 0})
    answer = call("POST", "auth/2fa/verify/", {"challenge": challenge(charlie), "code": code()})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "é", "eyJwZXJzb24iOiAieCJ9:1abc:zzz"])
def test_a_forged_challenge_is_refused(forged: str, alice: Person) -> None:
    enrol(alice)
    answer = call("POST", "auth/2fa/verify/", {"challenge": forged, "code": code()})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")


def test_a_challenge_ends_with_its_time_and_with_the_password(alice: Person, monkeypatch: Any) -> None:
    enrol(alice)
    owed = challenge(alice)
    assert halfway.half_of(owed).person == alice.user
    alice.user.set_password(PASSWORD + "-new")
    alice.user.save()
    assert halfway.half_of(owed) is None
    owed = halfway.challenge_for(alice.user)
    monkeypatch.setattr(halfway, "HOLDS_FOR", -1)
    assert halfway.half_of(owed) is None


@pytest.mark.parametrize("door", ["page", "api"])
def test_five_wrong_codes_lock_the_account_on_every_door(door: str, alice: Person) -> None:
    enrol(alice)
    owed, browser = challenge(alice), password_shown(alice)

    def show(text: str) -> int:
        if door == "page":
            return browser.post("/accounts/login/second-factor/", {"code": text}).status_code
        return call("POST", "auth/2fa/verify/", {"challenge": owed, "code": text}).status_code

    assert [show(wrong()) for _ in range(5)] == [200 if door == "page" else 401] * 5
    assert show(code()) == 429, "the right code is refused as well"
    other = call("POST", "auth/2fa/verify/", {"challenge": owed, "code": code()})
    assert (other.status_code, other.headers["Retry-After"]) == (429, "900")
    assert browser.post("/accounts/login/second-factor/", {"code": code()}).status_code == 429


def test_a_good_code_takes_back_its_own_count_only(alice: Person) -> None:
    """Otherwise whoever has one account could guess at others for ever, from one address."""
    enrol(alice)
    owed = challenge(alice)
    shown = [wrong()] * 4 + [code()] + [wrong()] * 2
    codes = [call("POST", "auth/2fa/verify/", {"challenge": owed, "code": text}).status_code for text in shown]
    assert codes == [401, 401, 401, 401, 200, 401, 429]
