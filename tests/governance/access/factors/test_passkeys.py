"""Passkeys: made, shown alone or as second step, and every answer that proves nothing (design 3.9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.cast import Person
from tests.governance.access.doors import entries, password_shown, post, proven_browser
from tests.governance.access.keys import Key, b64

LOGIN = "/accounts/login/passkey/"
ADD = "/accounts/security/passkeys/add/"


@pytest.fixture(autouse=True)
def _at_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browsers of these tests visit a name: passkeys do not exist at a bare address."""
    before = Client._base_environ
    monkeypatch.setattr(
        Client, "_base_environ", lambda self, **more: before(self, **{"SERVER_NAME": "localhost", **more})
    )


def keep(person: Person, key: Key, name: str = "Clé du trousseau") -> Client:
    """Makes the passkey on its page; returns the browser."""
    browser = proven_browser(person)
    options = browser.get(ADD).context["options"]
    answer = post(browser, ADD, {"name": name, "credential": json.dumps(key.make(options))})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def asked(browser: Client) -> dict[str, Any]:
    return browser.get(LOGIN, HTTP_ACCEPT="application/json").json()["request_options"]


def show(browser: Client, key: Key, **more: Any) -> Any:
    return browser.post(LOGIN, {"credential": json.dumps(key.show(asked(browser), **more))})


def test_a_passkey_signs_in_alone_and_says_so_in_the_log(alice: Person) -> None:
    key = Key()
    browser = keep(alice, key)
    assert browser.get("/accounts/security/codes/").status_code == 200, "the first factor brings recovery codes"
    fresh = Client()
    assert show(fresh, key).headers["Location"] == "/home/"
    assert fresh.get("/api/v2/auth/me/").json()["email"] == alice.email
    assert fresh.get(ADD).status_code == 200, "it is a fresh second factor as well"
    actions = [entry[0] for entry in entries(alice)]
    assert actions.count("governance.factor.add") == 1
    from governance.models import SignIn

    assert SignIn.objects.of_person(alice.user.pk).order_by("-id")[0].method == "passkey"


def test_a_passkey_is_the_second_step_after_a_password(alice: Person) -> None:
    key = Key(verified=False)
    keep(alice, key)
    browser = password_shown(alice)
    options = browser.get("/accounts/login/second-factor/").context["js_data"]["request_options"]
    answer = browser.post("/accounts/login/second-factor/", {"credential": json.dumps(key.show(options))})
    assert answer.headers["Location"] == "/home/"
    assert browser.get("/api/v2/auth/me/").status_code == 200


def test_a_key_that_does_not_check_its_holder_never_signs_in_alone(alice: Person) -> None:
    """Not even in a session whose challenge, made for a second step, did not ask for it."""
    stolen = Key(verified=False)
    keep(alice, stolen)
    assert show(Client(), stolen).headers["Location"] == "/accounts/login/"
    browser = Client()
    options = asked(browser)
    session = browser.session
    session["mfa.webauthn.state"]["user_verification"] = "preferred"
    session.save()
    browser.post(LOGIN, {"credential": json.dumps(stolen.show(options))})
    assert browser.get("/api/v2/auth/me/").status_code == 401


def test_an_answer_works_once(alice: Person) -> None:
    key = Key()
    keep(alice, key)
    browser, other = Client(), Client()
    answer = json.dumps(key.show(asked(browser)))
    asked(other)
    assert browser.post(LOGIN, {"credential": answer}).headers["Location"] == "/home/"
    for again in (browser, other):
        again.post("/accounts/logout/")
        assert again.post(LOGIN, {"credential": answer}).headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize(
    "key",
    [Key(origin="https://evil.example"), Key(origin="http://localhost.evil.example"), Key(rp="evil.example")],
    ids=["foreign origin", "look-alike origin", "foreign relying party"],
)
def test_an_answer_given_to_another_site_proves_nothing(key: Key, alice: Person) -> None:
    mine = Key()
    keep(alice, mine)
    key.private, key.id, key.handle = mine.private, mine.id, mine.handle
    assert show(Client(), key).headers["Location"] == "/accounts/login/"


def test_the_passkey_of_one_person_does_not_open_the_account_of_another(alice: Person, charlie: Person) -> None:
    key = Key()
    keep(alice, key)
    keep(charlie, Key())
    handle = str(charlie.user.pk).encode()
    assert show(Client(), key, handle=handle).headers["Location"] == "/accounts/login/"
    browser = password_shown(charlie)
    options = browser.get("/accounts/login/second-factor/").context["js_data"]["request_options"]
    answer = browser.post("/accounts/login/second-factor/", {"credential": json.dumps(key.show(options))})
    assert answer.status_code == 200
    assert entries(charlie)[-1] == ("governance.session.open", "refused", "wrong_passkey")


MALFORMED = [
    "", "{}", "[]", "null", "1", '"x"', "nonsense", '{"id": 1}', '{"response": []}', '{"id": "x", "response": {}}',
    '{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"eA","signature":"eA","userHandle":"eA"}}',
    '{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"eA"}}',
    '{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":null,"authenticatorData":null,"signature":null}}',
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED)
def test_what_no_device_says_is_refused_calmly_on_every_page(text: str, alice: Person) -> None:
    key = Key()
    browser = keep(alice, key)
    stranger = Client()
    asked(stranger)
    assert stranger.post(LOGIN, {"credential": text}).headers["Location"] == "/accounts/login/"
    browser.get(ADD)
    assert post(browser, ADD, {"name": "x", "credential": text}).status_code == 400
    half = password_shown(alice)
    half.get("/accounts/login/second-factor/")
    assert half.post("/accounts/login/second-factor/", {"credential": text}).status_code == 200
    assert browser.post("/accounts/reauthenticate/passkey/", {"credential": text}).status_code == 302
    assert Authenticator.objects.filter(user=alice.user, type="webauthn").count() == 1


def test_guessing_is_counted_out(alice: Person) -> None:
    keep(alice, Key())
    half = password_shown(alice)
    codes = [half.post("/accounts/login/second-factor/", {"credential": '{"id": 1}'}).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]


def test_a_passkey_is_renamed_and_removed_by_its_person_only(alice: Person, charlie: Person) -> None:
    browser = keep(alice, Key())
    row = Authenticator.objects.get(user=alice.user, type="webauthn")
    page = f"/accounts/security/passkeys/{row.pk}/"
    assert post(browser, page, {"name": "Téléphone"}).status_code == 302
    assert "Téléphone" in browser.get("/accounts/security/").content.decode()
    assert post(browser, page, {"name": "x" * 81}).status_code == 400
    theirs = proven_browser(charlie)
    for path in (page, f"{page}remove/"):
        assert post(theirs, path, {"name": "Voleur"}).status_code == 403
    row.refresh_from_db()
    assert row.data["name"] == "Téléphone"
    assert post(browser, f"{page}remove/").status_code == 302
    assert not Authenticator.objects.filter(user=alice.user).exists()
    assert post(browser, f"{page}remove/").status_code in {302, 404}


def test_at_a_bare_address_the_page_says_where_passkeys_work(alice: Person) -> None:
    browser = proven_browser(alice)
    page = browser.get(ADD, SERVER_NAME="127.0.0.1", HTTP_HOST="127.0.0.1:8000")
    assert page.context["options"] is None
    assert "http://localhost:8000/accounts/security/passkeys/add/" in page.content.decode()


def test_a_step_up_takes_the_passkey(alice: Person) -> None:
    key = Key()
    browser = keep(alice, key)
    options = browser.get("/accounts/reauthenticate/passkey/").context["js_data"]["request_options"]
    answer = browser.post(
        "/accounts/reauthenticate/passkey/",
        {"credential": json.dumps(key.show(options)), "next": "/accounts/security/codes/"},
    )
    assert answer.headers["Location"] == "/accounts/security/codes/"
    assert entries(alice)[-1] == ("governance.session.confirm", "allowed", "")


def test_a_handle_that_is_nobodys_is_refused(alice: Person) -> None:
    key = Key()
    keep(alice, key)
    for handle in (b"", b"nobody", b"\xff\xfe", b"0" * 32, b64(b"x").encode()):
        assert show(Client(), key, handle=handle).headers["Location"] == "/accounts/login/"
