"""Guesses in parallel against real processes, and where a `next` may lead (design 3.9)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django.test import Client

from tests.cast import PASSWORD, Person
from tests.governance.access.doors import SECRET, challenge, code, enrol, entries, post, wrong
from tests.governance.live.conftest import address, web_process

pytestmark = pytest.mark.security
AT_ONCE, MOST = 40, 5


@pytest.fixture
def houses(db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two web processes on one database; only failures are counted, and each guess comes from an address of its own."""
    monkeypatch.setenv("CHENU_LIMITS_SCALE", "100")
    monkeypatch.setenv("CHENU_TRUSTED_PROXIES", "127.0.0.1")
    hosts = [address(), address()]
    running = [web_process(host, tmp_path / f"web{number}.log") for number, host in enumerate(hosts)]
    yield [f"http://{host}" for host in hosts]
    for one in running:
        one.kill()


def in_parallel(guess: Callable[[int], requests.Response]) -> Counter[int]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(answer.status_code for answer in pool.map(guess, range(AT_ONCE)))


def sent(url: str, body: dict[str, str], number: int) -> requests.Response:
    return requests.post(url, json=body, timeout=60, headers={"X-Forwarded-For": f"198.51.100.{number}"})


def test_of_forty_wrong_passwords_at_once_five_are_judged(houses: list[str], alice: Person) -> None:
    def guess(number: int) -> requests.Response:
        body = {"email": alice.email, "password": f"guess-{number}"}
        return sent(f"{houses[number % 2]}/api/v2/auth/login/", body, number)

    found = in_parallel(guess)
    assert set(found) == {401, 429}
    assert found[401] <= MOST
    assert len(entries(alice, "governance.session.open")) == found[401]
    right = {"email": alice.email, "password": PASSWORD}
    assert sent(f"{houses[0]}/api/v2/auth/login/", right, 99).status_code == 429, "the account is locked for a while"


def test_of_forty_wrong_codes_at_once_five_are_judged(houses: list[str], alice: Person) -> None:
    enrol(alice)
    owed, text = challenge(alice), wrong()

    def guess(number: int) -> requests.Response:
        return sent(f"{houses[number % 2]}/api/v2/auth/2fa/verify/", {"challenge": owed, "code": text}, number)

    found = in_parallel(guess)
    assert set(found) == {401, 429}
    assert found[401] <= MOST
    judged = [entry for entry in entries(alice, "governance.session.open") if entry[1] == "refused"]
    assert len(judged) == found[401]


def test_one_code_shown_forty_times_at_once_opens_once(houses: list[str], alice: Person) -> None:
    enrol(alice)
    owed, text = challenge(alice), code(0, SECRET)

    def show(number: int) -> requests.Response:
        return sent(f"{houses[number % 2]}/api/v2/auth/2fa/verify/", {"challenge": owed, "code": text}, number)

    found = in_parallel(show)
    assert found[200] <= 1
    assert set(found) <= {200, 401, 429}


ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:evil.example", "https:/evil.example", "javascript:alert(1)", "/%0d%0aLocation:%20https://evil.example",
    "\thttps://evil.example", "https://testserver@evil.example/", "http://testserver.evil.example/",
    "/\t/evil.example", "%2f%2fevil.example",
]  # fmt: skip


def own(location: str) -> bool:
    """Where a browser would go: it drops tabs and line ends, and reads a backslash as a slash."""
    read = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    target = urlsplit(urljoin("http://testserver/accounts/", read))
    return (target.scheme, target.netloc) == ("http", "testserver")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_next_leads_elsewhere(target: str, alice: Person, workshop: Any) -> None:
    """Sign-in, step-up, language, switch of identity, sign-out: each stays here."""
    browser = Client()
    answers = [browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD, "next": target})]
    answers.append(browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target}))
    answers.append(browser.post("/language/", {"language": "en", "next": target}))
    answers.append(browser.post("/language/", {"language": "fr"}, headers={"Referer": target}))
    answers.append(post(browser, f"/identities/{workshop.pk}/activate/", {"next": target}))
    answers.append(browser.get("/accounts/login/", {"next": target}))
    answers.append(browser.post("/accounts/logout/", {"next": target}))
    for answer in answers:
        assert answer.status_code in {302, 200, 403}, answer.status_code
        if answer.status_code == 302:
            assert own(answer.headers["Location"]), answer.headers["Location"]
