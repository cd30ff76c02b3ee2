"""Passkeys for programs, and the count of a key's uses (design 3.9)."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from governance.access import tasks
from governance.access.factors import passkeys
from tests.cast import Person
from tests.governance.access.doors import call, challenge, enrol, entries, sign_in
from tests.governance.access.keys import Key

MAKE, OPTIONS = "auth/passkeys/", "auth/passkeys/options/"
SIGN_IN, ASK = "auth/passkeys/sign-in/", "auth/passkeys/sign-in/options/"


@pytest.fixture(autouse=True)
def _at_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Client._base_environ
    monkeypatch.setattr(
        Client, "_base_environ", lambda self, **more: before(self, **{"SERVER_NAME": "localhost", **more})
    )


def keep(person: Person, key: Key, token: str = "") -> dict[str, Any]:
    token = token or sign_in(person)["access"]
    made = key.make(call("POST", OPTIONS, token=token).json())
    answer = call("POST", MAKE, {"name": "Coffre", "credential": made}, token)
    assert answer.status_code == 201, answer.content
    return {**answer.json(), "access": token}


def asked(half: str = "") -> dict[str, Any]:
    return call("POST", ASK, {"challenge": half}).json()


def show(key: Key, half: str = "", options: Any = None) -> Any:
    options = options or asked(half)
    return call("POST", SIGN_IN, {"handle": options["handle"], "credential": key.show(options), "challenge": half})


def test_a_program_makes_lists_renames_and_removes_one(alice: Person) -> None:
    made = keep(alice, Key())
    assert (made["name"], len(made["recovery_codes"])) == ("Coffre", 10)
    token = made["access"]
    assert [row["name"] for row in call("GET", MAKE, token=token).json()["results"]] == ["Coffre"]
    path = f"{MAKE}{made['id']}/"
    assert call("PATCH", path, {"name": "Clé"}, token).json()["name"] == "Clé"
    assert call("PATCH", path, {"name": ""}, token).status_code == 400
    assert keep(alice, Key(), token)["recovery_codes"] is None
    assert call("DELETE", path, token=token).status_code == 204
    assert call("DELETE", path, token=token).status_code == 404
    assert len(call("GET", MAKE, token=token).json()["results"]) == 1
    done = [action for action, outcome, _ in entries(alice) if outcome == "allowed"]
    assert [done.count(f"governance.factor.{verb}") for verb in ("add", "rename", "remove")] == [2, 1, 1]


def test_one_signs_in_alone(alice: Person) -> None:
    key = Key()
    keep(alice, key)
    answer = show(key)
    assert answer.status_code == 200, answer.content
    token = answer.json()["access"]
    assert call("GET", "auth/me/", token=token).json()["email"] == alice.email
    assert call("POST", OPTIONS, token=token).status_code == 200, "it is a fresh second factor as well"
    assert call("GET", "auth/sessions/", token=token).json()["results"][0]["method"] == "passkey"


def test_one_is_the_second_step_after_a_password(alice: Person) -> None:
    key = Key(verified=False)
    keep(alice, key)
    assert show(key, challenge(alice)).status_code == 200
    assert show(key).json()["code"] == "invalid_passkey", "alone, its holder must have been checked"
    assert call("POST", ASK, {"challenge": "forged"}).status_code == 401


def test_one_is_a_step_up(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key()
    token = keep(alice, key)["access"]
    options = call("POST", "auth/step-up/options/", token=token).json()
    answer = {"credential": key.show(options)}
    assert call("POST", "auth/step-up/", answer, token).status_code == 204
    assert call("POST", "auth/step-up/", answer, token).status_code == 401, "good once"
    assert ("governance.session.confirm", "allowed", "") in entries(alice)


def test_making_one_asks_for_a_fresh_proof(alice: Person) -> None:
    enrol(alice)
    for path in (OPTIONS, MAKE):
        assert alice.api.post(path, {"credential": {}}).json()["code"] == "step_up_required"


def test_a_challenge_is_good_once(alice: Person) -> None:
    key = Key()
    made = keep(alice, key)
    again = key.make(call("POST", OPTIONS, token=made["access"]).json())
    other = Key()
    fresh = other.make(call("POST", OPTIONS, token=made["access"]).json())
    assert call("POST", MAKE, {"credential": again}, made["access"]).status_code == 400, "overtaken by a newer one"
    assert call("POST", MAKE, {"credential": fresh}, made["access"]).status_code == 400, "and that one is used up"
    options = asked()
    assert show(key, options=options).status_code == 200
    assert show(key, options=options).json()["code"] == "invalid_passkey"


def test_a_challenge_shown_twice_at_once_opens_once(alice: Person) -> None:
    from django.db import connection

    key = Key()
    keep(alice, key)
    options = asked()
    body = {"handle": options["handle"], "credential": key.show(options)}
    found: list[int] = []

    def race() -> None:
        found.append(call("POST", SIGN_IN, body).status_code)
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200, 401, 401, 401]


def test_a_challenge_is_bound_to_its_sign_in_and_short_lived(alice: Person, charlie: Person, monkeypatch: Any) -> None:
    mine, theirs = sign_in(alice)["access"], sign_in(charlie)["access"]
    made = Key().make(call("POST", OPTIONS, token=mine).json())
    assert call("POST", MAKE, {"credential": made}, theirs).status_code == 400
    options = call("POST", OPTIONS, token=mine).json()
    monkeypatch.setattr("governance.access.factors.challenges.HOLDS_FOR", -1)
    assert call("POST", MAKE, {"credential": Key().make(options)}, mine).status_code == 400
    handle = asked()["handle"]  # already over
    assert not Session.objects.filter(session_key=handle, expire_date__gt=timezone.now()).exists()
    tasks.sweep_sessions(None)
    assert not Session.objects.filter(session_key=handle).exists()


def test_a_handle_names_nothing_but_a_challenge(alice: Person) -> None:
    """The key of a sign-in, shown as a handle, is neither read nor ended."""
    from governance.models import SignIn

    key = Key()
    made = keep(alice, key)
    session = SignIn.objects.of_person(alice.user.pk).latest("pk").session_key
    options = asked()
    answer = call("POST", SIGN_IN, {"handle": session, "credential": key.show(options)})
    assert answer.json()["code"] == "invalid_passkey"
    assert call("GET", "auth/me/", token=made["access"]).status_code == 200


def test_guessing_is_counted_out_and_recorded(alice: Person) -> None:
    key = Key()
    keep(alice, key)
    half = challenge(alice)
    codes = [call("POST", SIGN_IN, {"handle": "x", "credential": {}, "challenge": half}).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert entries(alice)[-1] == ("governance.session.open", "refused", "wrong_passkey")


def test_a_token_manages_no_passkey(alice: Person) -> None:
    with alice.acting():
        from governance.perform import perform

        text = perform("governance.token.create", {"name": "x", "scopes": ["threads:read"]})[1]
    for method, path in (("GET", MAKE), ("POST", MAKE), ("POST", OPTIONS), ("POST", "auth/step-up/options/")):
        assert call(method, path, {}, text).json()["code"] == "insufficient_scope"


def test_at_a_bare_address_it_is_said(alice: Person) -> None:
    answer = call("POST", ASK, {}, SERVER_NAME="127.0.0.1")
    assert (answer.status_code, answer.json()["code"]) == (409, "bare_address")


def test_who_must_confirm_the_address_first_does(alice: Person, settings: Any) -> None:
    key = Key()
    keep(alice, key)
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert show(key).json()["code"] == "verification_required"


@pytest.mark.parametrize("body", [{}, {"handle": 1}, {"handle": "x", "credential": "x"}, {"handle": "x" * 65}])
def test_malformed_asks_are_calm(body: dict[str, Any], alice: Person) -> None:
    assert call("POST", SIGN_IN, body).status_code in {400, 401}
    assert call("POST", ASK, {"challenge": 7}).status_code == 400


def test_a_key_that_counts_signs_in_again_and_again(alice: Person) -> None:
    key = Key(counts=True)
    keep(alice, key)
    assert [show(key).status_code for _ in range(3)] == [200, 200, 200]
    assert Authenticator.objects.get(user=alice.user, type="webauthn").data["counter"] == key.uses == 4


def test_a_count_that_goes_back_is_refused_told_and_recorded(alice: Person, settings: Any) -> None:
    """Somebody copied the key: the copy and the original cannot both count on."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    key = Key(counts=True)
    keep(alice, key)
    assert show(key).status_code == 200
    for before in (1, 0, 1):
        key.uses = before
        assert show(key).json()["code"] == "invalid_passkey"
    assert [entry for entry in entries(alice) if entry[2] == "copied_passkey"] == [
        ("governance.session.open", "refused", "copied_passkey")
    ] * 3
    told = mail.outbox[-1]
    assert (told.to, "Coffre" in told.body, "\n" in told.subject) == ([alice.email], True, False)
    key.uses = 100
    assert show(key).status_code == 200, "the one that counts on is not locked out"


def test_the_pages_look_at_the_count_too(alice: Person) -> None:
    key = Key(counts=True)
    keep(alice, key)

    def on_the_page() -> str:
        browser = Client()
        options = browser.get("/accounts/login/passkey/", HTTP_ACCEPT="application/json").json()["request_options"]
        shown = json.dumps(key.show(options))
        return browser.post("/accounts/login/passkey/", {"credential": shown}).headers["Location"]

    assert on_the_page() == "/home/"
    key.uses = 0
    assert on_the_page() == "/accounts/login/"


def test_a_key_that_never_counts_is_not_suspected(alice: Person) -> None:
    key = Key()
    keep(alice, key)
    assert [show(key).status_code for _ in range(3)] == [200, 200, 200]


def test_without_the_count_a_copy_would_pass(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin."""
    key = Key(counts=True)
    keep(alice, key)
    monkeypatch.setattr(passkeys, "_counts_on", lambda *_: True)
    key.uses = 0
    assert show(key).status_code == 200
