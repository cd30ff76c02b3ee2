"""Password and e-mail address: changed by the person alone, on the record, at the cost of other sign-ins."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from governance.access.accounts import FORGOTTEN_TAKES
from governance.models import User
from tests.cast import PASSWORD, Person
from tests.governance.access.doors import call, code, enrol, entries, post, proven_browser, sign_in
from tests.governance.access.test_stepup import later

NEW = "une-autre-agrafe-8"


@pytest.fixture(autouse=True)
def _mails(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def link(to: str, path: str) -> str:
    """The key in the newest link that was sent to an address."""
    text = next(message.body for message in reversed(mail.outbox) if message.to == [to])
    found = re.search(rf"{path}([^/\s]+)/", text)
    assert found is not None, text
    return found[1]


def address() -> str:
    return f"neuve-{uuid4().hex}@example.com"


def test_a_new_password_ends_every_other_sign_in_and_tells_the_person(alice: Person) -> None:
    elsewhere, program = proven_browser(alice), sign_in(alice)
    browser = proven_browser(alice)
    assert post(browser, "/accounts/password/change/", {"password": "short"}).status_code == 400
    assert post(browser, "/accounts/password/change/", {"password": NEW}).status_code == 302
    assert browser.get("/api/v2/auth/me/").status_code == 200
    assert elsewhere.get("/api/v2/auth/me/").status_code == 401
    assert call("GET", "auth/me/", token=program["access"]).status_code == 401
    assert call("POST", "auth/login/", {"email": alice.email, "password": PASSWORD}).status_code == 401
    assert call("POST", "auth/login/", {"email": alice.email, "password": NEW}).status_code == 200
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert ("governance.person.password", "allowed", "") in entries(alice)


def test_changing_it_needs_a_fresh_proof(alice: Person) -> None:
    browser = proven_browser(alice)
    later(browser, 601)
    answer = post(browser, "/accounts/password/change/", {"password": NEW})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert call("POST", "auth/login/", {"email": alice.email, "password": PASSWORD}).status_code == 200


def test_a_program_changes_it_with_the_old_one(alice: Person) -> None:
    access = sign_in(alice)["access"]
    wrong = call("POST", "auth/change-password/", {"old_password": "wrong-word-9", "new_password": NEW}, token=access)
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"old_password"})
    weak = call("POST", "auth/change-password/", {"old_password": PASSWORD, "new_password": "short"}, token=access)
    assert (weak.status_code, set(weak.json()["errors"])) == (400, {"new_password"})
    done = call("POST", "auth/change-password/", {"old_password": PASSWORD, "new_password": NEW}, token=access)
    assert done.status_code == 204
    assert call("GET", "auth/me/", token=access).status_code == 200, "its own sign-in goes on"


def test_guessing_the_old_password_is_counted_with_the_sign_ins(alice: Person) -> None:
    access = sign_in(alice)["access"]
    codes = [
        call(
            "POST", "auth/change-password/", {"old_password": f"no-{n}", "new_password": NEW}, token=access
        ).status_code
        for n in range(6)
    ]
    assert codes == [400] * 5 + [429]
    assert call("POST", "auth/login/", {"email": alice.email, "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_forgotten_password_is_reset_by_the_link_once(door: str, alice: Person) -> None:
    program, browser = sign_in(alice), Client()
    if door == "page":
        assert browser.post("/accounts/password/reset/", {"email": alice.email}).status_code == 302
    else:
        assert call("POST", "auth/password/reset-request/", {"email": alice.email.upper()}).status_code == 202
    key = link(alice.email, "/accounts/password/reset/key/")
    if door == "page":
        form = browser.get(f"/accounts/password/reset/key/{key}/").headers["Location"]
        assert key not in form, "the link does not stay in the address bar"
        assert browser.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    else:
        weak = call("POST", "auth/password/reset/", {"key": key, "password": "short"})
        assert (weak.status_code, set(weak.json()["errors"])) == (400, {"password"})
        assert call("POST", "auth/password/reset/", {"key": key, "password": NEW}).status_code == 204
    assert browser.get("/api/v2/auth/me/").status_code == 401, "a reset does not sign in"
    assert call("POST", "auth/login/", {"email": alice.email, "password": NEW}).status_code == 200
    assert call("POST", "auth/refresh/", {"refresh": program["refresh"]}).status_code == 401
    again = call("POST", "auth/password/reset/", {"key": key, "password": "troisième-essai-9"})
    assert (again.status_code, set(again.json()["errors"])) == (400, {"key"})
    assert ("governance.person.password", "allowed", "") in entries(alice)


def test_a_reset_does_not_open_an_account_that_has_a_second_factor(alice: Person) -> None:
    enrol(alice)
    call("POST", "auth/password/reset-request/", {"email": alice.email})
    key = link(alice.email, "/accounts/password/reset/key/")
    assert call("POST", "auth/password/reset/", {"key": key, "password": NEW}).status_code == 204
    answer = call("POST", "auth/login/", {"email": alice.email, "password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    body = {"challenge": answer.json()["challenge"], "code": code()}
    assert call("POST", "auth/2fa/verify/", body).status_code == 200


@pytest.mark.security
@pytest.mark.parametrize("door", ["page", "api"])
def test_asking_for_a_reset_tells_nobody_who_has_an_account(door: str, alice: Person) -> None:
    told = []
    for email in (alice.email, address()):
        if door == "page":
            answer: Any = Client().post("/accounts/password/reset/", {"email": email})
            told.append((answer.status_code, answer.headers["Location"]))
        else:
            answer = call("POST", "auth/password/reset-request/", {"email": email})
            told.append((answer.status_code, answer.content))
    assert told[0] == told[1]
    assert len(mail.outbox) == 2, "both send one mail, so that time tells nothing either"


@pytest.mark.security
@pytest.mark.parametrize("key", ["", "x", "1-2", "é-é", "zz-" + "a" * 60, "-", "1" * 200])
def test_a_forged_link_is_refused_and_counted(key: str, alice: Person) -> None:
    answer = call("POST", "auth/password/reset/", {"key": key, "password": NEW})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"key"})
    assert Client().get(f"/accounts/password/reset/key/1-{key or 'x'}/").status_code in {200, 302, 404}
    codes = [call("POST", "auth/verify/", {"key": key or "x"}).status_code for _ in range(5)]
    assert codes == [400] * 4 + [429]


def test_an_address_changes_once_its_link_is_opened_and_both_are_told(alice: Person) -> None:
    before, new = alice.email, address()
    browser = proven_browser(alice)
    assert post(browser, "/accounts/email/", {"email": new.upper()}).status_code == 302
    assert User.objects.get(pk=alice.user.pk).email == before
    page = browser.get("/accounts/email/").content.decode()
    assert new in page
    key = link(new, "/accounts/confirm-email/")
    assert Client().get(f"/accounts/confirm-email/{key}/").status_code == 200, "opening asks, it does not confirm"
    assert User.objects.get(pk=alice.user.pk).email == before
    assert Client().post(f"/accounts/confirm-email/{key}/").status_code == 302
    alice.user.refresh_from_db()
    assert alice.user.email == new
    assert [(row.email, row.verified, row.primary) for row in EmailAddress.objects.filter(user=alice.user)] == [
        (new, True, True)
    ]
    assert before in [message.to[0] for message in mail.outbox], "the old address is told"
    assert call("POST", "auth/login/", {"email": new, "password": PASSWORD}).status_code == 200
    assert ("governance.person.confirm_email", "allowed", "") in entries(alice)


def test_a_program_asks_and_verifies(alice: Person) -> None:
    access, new = sign_in(alice)["access"], address()
    assert call("POST", "auth/email/", {"email": new}, token=access).status_code == 202
    key = link(new, "/accounts/confirm-email/")
    assert call("POST", "auth/verify/", {"key": key}).status_code == 204
    assert call("GET", "auth/me/", token=access).json()["email"] == new
    assert call("POST", "auth/verify/", {"key": key}).status_code == 400, "once"


@pytest.mark.security
def test_asking_for_somebody_elses_address_looks_the_same_and_tells_its_owner(alice: Person, charlie: Person) -> None:
    browser = proven_browser(alice)
    taken = post(browser, "/accounts/email/", {"email": charlie.email}, follow=True)
    assert charlie.email in taken.content.decode()
    assert [message.to for message in mail.outbox] == [[charlie.email]]
    assert "confirm-email" not in mail.outbox[0].body
    waiting = EmailAddress.objects.get(user=alice.user, email=charlie.email)
    from allauth.account.models import EmailConfirmationHMAC

    answer = call("POST", "auth/verify/", {"key": EmailConfirmationHMAC(waiting).key})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    charlie.user.refresh_from_db()
    assert charlie.user.email == charlie.email


def test_a_new_wish_replaces_the_one_that_waited(alice: Person) -> None:
    browser = proven_browser(alice)
    first, second = address(), address()
    post(browser, "/accounts/email/", {"email": first})
    key = link(first, "/accounts/confirm-email/")
    post(browser, "/accounts/email/", {"email": second})
    assert call("POST", "auth/verify/", {"key": key}).status_code == 400


@pytest.mark.security
@pytest.mark.parametrize("name", ["Zoé\r\nBcc: all@example.com", "a\nb", "x\x0bY"])
def test_a_name_with_a_line_break_never_reaches_a_header(name: str, alice: Person) -> None:
    email = address()
    body = {"email": email, "password": PASSWORD, "display_name": name, "language": "fr"}
    answer = call("POST", "auth/register/", body)
    if answer.status_code == 201:
        call("POST", "auth/password/reset-request/", {"email": email})
        for message in mail.outbox:
            assert "Bcc" not in str(message.message().items())
            assert message.recipients() == [email]


@pytest.mark.security
def test_a_made_up_host_reaches_no_mail(alice: Person) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": alice.email}, HTTP_HOST="evil.example")
    assert answer.status_code == 400
    Client().post(
        "/accounts/password/reset/",
        {"email": alice.email},
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_FORWARDED="host=evil.example",
    )
    assert "evil.example" not in mail.outbox[-1].body


@pytest.mark.security
def test_behind_a_public_address_links_name_it_whatever_the_request_says(alice: Person, settings: Any) -> None:
    """Not even a made-up port of the right host gets into a link."""
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://chenu.example.org", ["chenu.example.org"]
    forged = {"HTTP_HOST": "chenu.example.org:6666", "HTTP_X_FORWARDED_HOST": "evil.example"}
    assert call("POST", "auth/password/reset-request/", {"email": alice.email}, **forged).status_code == 202
    Client().post("/accounts/password/reset/", {"email": alice.email}, **forged)
    links = [line for message in mail.outbox for line in re.findall(r"https?://\S+", message.body) if "/key/" in line]
    assert len(links) == 2
    assert all(line.startswith("https://chenu.example.org/accounts/password/reset/key/") for line in links), links


@pytest.mark.security
@pytest.mark.parametrize("known", [True, False])
def test_a_forgotten_password_takes_its_time_with_or_without_an_account(known: bool, alice: Person) -> None:
    email = alice.email if known else f"nobody-{alice.email}"
    for ask in (
        lambda: call("POST", "auth/password/reset-request/", {"email": email}),
        lambda: Client().post("/accounts/password/reset/", {"email": email}),
    ):
        began = time.monotonic()
        assert ask().status_code in {202, 302}
        assert time.monotonic() - began >= FORGOTTEN_TAKES
    assert len(mail.outbox) == 2
