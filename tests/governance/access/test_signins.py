"""The list of open sign-ins: what it shows, and that ending one ends it everywhere (design 3.9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from governance.access.opened.reading import device
from governance.models import SignIn
from governance.perform import perform
from tests.cast import PASSWORD, Person
from tests.governance.access.doors import call, entries, password_shown, post, proven_browser, sign_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
PAGE = "/accounts/sessions/"


def test_the_page_lists_browsers_and_programs_and_knows_itself(alice: Person) -> None:
    browser = Client(HTTP_USER_AGENT=FIREFOX)
    password_shown(alice, browser)
    sign_in(alice)
    shown = browser.get(PAGE).context["doors"]
    assert [(door.row.kind, door.device, door.here) for door in shown] == [
        ("api", "", False),
        ("page", "Firefox, Windows", True),
    ]
    assert {door.row.method for door in shown} == {"password"}
    assert {door.row.ip for door in shown} == {"127.0.0.1"}


def test_ending_one_ends_it_and_no_other(alice: Person) -> None:
    here, there, program = proven_browser(alice), proven_browser(alice), sign_in(alice)
    row = next(door.row for door in there.get(PAGE).context["doors"] if door.here)
    assert post(here, f"{PAGE}{row.pk}/end/").status_code == 302
    assert there.get("/api/v2/auth/me/").status_code == 401
    assert here.get("/api/v2/auth/me/").status_code == 200
    assert call("GET", "auth/me/", token=program["access"]).status_code == 200
    assert entries(alice)[-1] == ("governance.session.end", "allowed", "")


def test_ending_all_others_leaves_this_one(alice: Person) -> None:
    here, there, program = proven_browser(alice), proven_browser(alice), sign_in(alice)
    assert post(here, f"{PAGE}end-others/").status_code == 302
    assert there.get("/api/v2/auth/me/").status_code == 401
    assert call("POST", "auth/refresh/", {"refresh": program["refresh"]}).status_code == 401
    assert [door.here for door in here.get(PAGE).context["doors"]] == [True]


def test_a_program_lists_and_ends_them(alice: Person) -> None:
    browser, program = proven_browser(alice), sign_in(alice)
    listed = call("GET", "auth/sessions/", token=program["access"]).json()["results"]
    assert [(row["kind"], row["current"]) for row in listed] == [("api", True), ("page", False)]
    assert call("DELETE", f"auth/sessions/{listed[1]['id']}/", token=program["access"]).status_code == 204
    assert browser.get("/api/v2/auth/me/").status_code == 401
    sign_in(alice)
    assert call("POST", "auth/sessions/end-others/", token=program["access"]).status_code == 204
    assert len(call("GET", "auth/sessions/", token=program["access"]).json()["results"]) == 1


def test_nobody_ends_the_sign_in_of_another(alice: Person, charlie: Person) -> None:
    browser = proven_browser(alice)
    row = SignIn.objects.of_person(alice.user.pk).get()
    assert post(proven_browser(charlie), f"{PAGE}{row.pk}/end/").status_code == 403
    assert call("DELETE", f"auth/sessions/{row.pk}/", token=sign_in(charlie)["access"]).status_code == 403
    assert browser.get("/api/v2/auth/me/").status_code == 200


def test_signing_out_takes_the_row_along_and_is_an_entry(alice: Person) -> None:
    browser, program = proven_browser(alice), sign_in(alice)
    browser.post("/accounts/logout/")
    call("POST", "auth/logout/", token=program["access"])
    assert not SignIn.objects.of_person(alice.user.pk).exists()
    assert [entry[0] for entry in entries(alice)][-2:] == ["governance.session.close"] * 2


def test_a_reused_refresh_token_is_an_entry(alice: Person) -> None:
    pair = sign_in(alice)
    call("POST", "auth/refresh/", {"refresh": pair["refresh"]})
    assert call("POST", "auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401
    assert entries(alice)[-1] == ("governance.session.open", "refused", "reused_refresh_token")
    assert not SignIn.objects.of_person(alice.user.pk).alive().exists()


def test_a_wrong_password_is_an_entry_of_the_account(alice: Person) -> None:
    call("POST", "auth/login/", {"email": alice.email, "password": "wrong-pass-word"})
    Client().post("/accounts/login/", {"login": alice.email, "password": "wrong-pass-word"})
    assert (
        entries(alice, "governance.session.open") == [("governance.session.open", "refused", "invalid_credentials")] * 2
    )


@pytest.mark.security
def test_a_port_in_the_host_header_is_no_fresh_start(alice: Person) -> None:
    """Otherwise every made-up port would give five more guesses."""
    codes = [
        call(
            "POST", "auth/login/", {"email": alice.email, "password": f"no-{n}"}, HTTP_HOST=f"127.0.0.1:{n + 1}"
        ).status_code
        for n in range(6)
    ]
    assert codes == [401] * 5 + [429]


@pytest.mark.security
def test_behind_a_trusted_proxy_each_caller_is_counted_alone_and_cannot_choose_an_address(
    settings: Any, db: None
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1", "10.0.0.2"]

    def guess(number: int, said: str) -> int:
        body = {"email": f"nobody-{number}@example.com", "password": "wrong-pass-word"}
        return call("POST", "auth/login/", body, HTTP_X_FORWARDED_FOR=said).status_code

    codes = [guess(n, f"203.0.113.{n}, 198.51.100.7, 10.0.0.2") for n in range(21)]
    assert codes == [401] * 20 + [429], "what stands left of the last trusted proxy is only claimed"
    assert guess(99, "198.51.100.8, 10.0.0.2") == 401, "another caller is not locked"


@pytest.mark.security
def test_asking_for_resets_without_end_is_stopped_with_a_page(alice: Person) -> None:
    codes = [Client().post("/accounts/password/reset/", {"email": alice.email}) for _ in range(6)]
    assert [answer.status_code for answer in codes] == [302] * 5 + [429]
    assert codes[-1].headers["Retry-After"] == "60"
    assert "CHE·NU" in codes[-1].content.decode()


@pytest.mark.security
@pytest.mark.parametrize("known", [True, False])
def test_a_locked_page_looks_the_same_for_known_and_unknown_accounts(known: bool, alice: Person) -> None:
    email = alice.email if known else "nobody-at-all@example.com"
    answers = [Client().post("/accounts/login/", {"login": email, "password": f"no-{n}"}) for n in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    locked = Client().post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "900")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_one_and_three(
    rows: int, alice: Person, django_assert_max_num_queries: Any
) -> None:
    browser = proven_browser(alice)
    for number in range(rows - 1):
        with alice.acting():
            perform(
                "governance.session.open",
                {"method": "password", "session": sign_in(alice)["access"][-30:] + str(number)},
            )
    browser.get(PAGE)
    with django_assert_max_num_queries(22) as counted:
        browser.get(PAGE)
    COUNTED.append(len(counted.captured_queries))
    assert len(set(COUNTED)) == 1


COUNTED: list[int] = []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.1", "curl/8.1"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_a_word_or_two(said: str, shown: str) -> None:
    assert device(said) == shown
