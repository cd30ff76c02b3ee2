"""What every answer says about itself: no scripts of others, no frames, no foreign origins, closed cookies."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, Api, Person

pytestmark = pytest.mark.security
PLACES = ["/", "/accounts/login/", "/nowhere/", "/api/v2/auth/me/", "/healthz", "/settings/theme/"]


@pytest.mark.parametrize("path", PLACES)
def test_every_answer_carries_the_strict_policy(path: str, stranger: Client) -> None:
    headers = stranger.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'", "'none'", "'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "*" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_foreign_origin_is_allowed(path: str, origin: str, stranger: Client) -> None:
    for answer in (stranger.get(path, HTTP_ORIGIN=origin), stranger.options(path, HTTP_ORIGIN=origin)):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_cookies_are_closed_to_scripts_and_other_sites(alice: Person, stranger: Client) -> None:
    stranger.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    session = stranger.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert session["path"] == "/"


def test_the_api_sets_no_cookie(alice: Person) -> None:
    login = Api(None).post("auth/login/", {"email": alice.email, "password": PASSWORD})
    assert login.status_code == 200
    assert not login.cookies
    assert not alice.api.get("auth/me/").cookies


def test_a_fault_of_ours_tells_the_caller_nothing(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.people import shapes

    def broken(person: Any) -> Any:
        raise ZeroDivisionError("the secret word is rhubarb")

    monkeypatch.setattr(shapes, "person_out", broken)
    api = alice.api
    api.client.raise_request_exception = False
    answer = api.get("auth/me/")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "rhubarb" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"]


@pytest.mark.parametrize("forwarded", ["HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP"])
def test_a_made_up_address_does_not_open_the_lock(forwarded: str, alice: Person) -> None:
    codes = [
        Api(None)
        .post("auth/login/", {"email": alice.email, "password": f"wrong-{n}"}, **{forwarded: f"198.51.100.{n}"})
        .status_code
        for n in range(6)
    ]
    assert codes == [401] * 5 + [429]


def test_one_address_cannot_try_many_accounts(db: None) -> None:
    """20 failures from one place, whatever the account and whatever the place claims to be."""
    codes = [
        Api(None)
        .post(
            "auth/login/",
            {"email": f"nobody-{n}@example.com", "password": "wrong-pass-word"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.{n}",
        )
        .status_code
        for n in range(21)
    ]
    assert codes == [401] * 20 + [429]
