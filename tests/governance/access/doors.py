"""People with second factors, their codes, and every door of the installation to try a sign-in on."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from governance.perform import perform
from tests.cast import PASSWORD, Api, Person
from tests.governance.acts import bodies_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(ahead: int = 0, secret: str = SECRET) -> str:
    """What the app shows now, or `ahead` times thirty seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def wrong(secret: str = SECRET) -> str:
    """Six digits that are not right now, nor next to now."""
    good = {code(ahead, secret) for ahead in range(-2, 3)}
    return next(text for text in (f"{number:06}" for number in range(10)) if text not in good)


def enrol(person: Person) -> list[str]:
    """Gives the person an app with SECRET; returns the recovery codes."""
    with person.acting():
        perform("governance.factor.add", {"type": "totp", "secret": SECRET, "period": 0})
    kept = Authenticator.objects.get(user=person.user, type=Authenticator.Type.RECOVERY_CODES)
    return kept.wrap().get_unused_codes()


def password_shown(person: Person, browser: Client | None = None) -> Client:
    """A browser in which the person has typed the right password, and nothing else."""
    browser = browser or Client()
    answer = browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def proven_browser(person: Person) -> Client:
    """A signed-in browser that may do what is sensitive, for ten minutes."""
    browser = password_shown(person)
    if Authenticator.objects.filter(user=person.user).exists():
        assert browser.post("/accounts/login/second-factor/", {"code": code()}).status_code == 302
    assert browser.get("/api/v2/auth/me/").status_code == 200
    return browser


def post(browser: Client, url: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
    """A form of a fresh page, with the session's present epoch."""
    browser.get("/api/v2/auth/me/")
    return browser.post(url, {**(data or {}), "epoch": browser.session.get("epoch", "")}, **extra)


def call(method: str, path: str, body: Any = None, token: str = "", **extra: Any) -> Any:
    if token:
        extra["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return Api(None).request(method, path, body, **extra)


def sign_in(person: Person, ahead: int = 0) -> dict[str, Any]:
    """A program's sign-in, with the second factor where there is one."""
    answer = call("POST", "auth/login/", {"email": person.email, "password": PASSWORD})
    if answer.status_code == 401:
        body = {"challenge": answer.json()["challenge"], "code": code(ahead)}
        answer = call("POST", "auth/2fa/verify/", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def challenge(person: Person) -> str:
    return call("POST", "auth/login/", {"email": person.email, "password": PASSWORD}).json()["challenge"]


def entries(person: Person, action: str = "") -> list[tuple[str, str, str]]:
    """(action, outcome, reason) in their order."""
    found = [(body["action"], body["outcome"], body["reason"]) for body in bodies_of(person)]
    return [entry for entry in found if not action or entry[0] == action]
