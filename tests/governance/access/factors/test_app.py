"""An authenticator app: set up, asked for, used once; its secret is nowhere in the clear (design 3.9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client

from governance.access.factors.adapter import FactorAdapter
from governance.access.factors.codes import matching_period
from tests.cast import PASSWORD, Person
from tests.governance.access.doors import (
    SECRET,
    call,
    challenge,
    code,
    enrol,
    entries,
    password_shown,
    post,
    proven_browser,
    sign_in,
    wrong,
)
from tests.governance.people.racing import race

CODES = "/accounts/login/second-factor/"


def test_a_person_sets_up_an_app_on_its_page_and_keeps_ten_codes(alice: Person) -> None:
    browser = proven_browser(alice)
    page = browser.get("/accounts/security/app/")
    assert page.status_code == 200
    secret = page.context["typed"].replace(" ", "")
    assert len(secret) == 32
    refused = post(browser, "/accounts/security/app/", {"code": wrong(secret)})
    assert refused.status_code == 400
    assert refused.context["typed"].replace(" ", "") == secret, "a wrong code does not change the secret"
    done = post(browser, "/accounts/security/app/", {"code": code(0, secret)})
    assert (done.status_code, done.headers["Location"]) == (302, "/accounts/security/codes/")
    shown = browser.get("/accounts/security/codes/").context["codes"]
    assert len(set(shown)) == 10
    assert browser.get("/accounts/security/codes/file/").content.decode().split()[1:] == shown
    assert entries(alice)[-1] == ("governance.factor.add", "allowed", "")


def test_the_secret_stands_in_the_clear_neither_in_rows_nor_in_the_session_nor_in_the_log(alice: Person) -> None:
    browser = proven_browser(alice)
    secret = browser.get("/accounts/security/app/").context["typed"].replace(" ", "")
    waiting = Session.objects.get(session_key=browser.session.session_key).get_decoded()
    assert secret not in json.dumps(waiting)
    post(browser, "/accounts/security/app/", {"code": code(0, secret)})
    assert "factor_waiting" not in browser.session
    rows = Authenticator.objects.filter(user=alice.user)
    assert {row.type for row in rows} == {"totp", "recovery_codes"}
    kept = json.dumps([row.data for row in rows])
    assert secret not in kept
    for shown in rows.get(type="recovery_codes").wrap().get_unused_codes():
        assert shown not in kept
    with alice.looking(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(encode(payload, 'escape'), '') FROM governance_auditentry")
        assert secret not in cursor.fetchone()[0]


def test_what_is_encrypted_opens_with_the_master_key_only(settings: Any) -> None:
    adapter = FactorAdapter()
    sealed = adapter.encrypt(SECRET)
    assert adapter.decrypt(sealed) == SECRET
    assert adapter.encrypt(SECRET) != sealed, "no two encryptions are equal"
    settings.MASTER_KEY = "another"
    with pytest.raises(Exception, match="factor_unreadable"):
        adapter.decrypt(sealed)


def test_a_lost_master_key_is_a_clear_503(alice: Person, settings: Any) -> None:
    enrol(alice)
    owed = challenge(alice)
    settings.MASTER_KEY = "another"
    answer = call("POST", "auth/2fa/verify/", {"challenge": owed, "code": code()})
    assert (answer.status_code, answer.json()["code"]) == (503, "factor_unreadable")


def test_signing_in_asks_for_the_code_and_says_both_in_the_log(alice: Person) -> None:
    enrol(alice)
    browser = password_shown(alice)
    assert browser.get(CODES).status_code == 200
    assert browser.post(CODES, {"code": wrong()}).status_code == 200
    assert browser.get("/api/v2/auth/me/").status_code == 401
    assert browser.post(CODES, {"code": f" {code()[:3]} {code()[3:]} "}).status_code == 302
    assert browser.get("/api/v2/auth/me/").json()["email"] == alice.email
    assert entries(alice, "governance.session.open") == [
        ("governance.session.open", "refused", "wrong_code"),
        ("governance.session.open", "allowed", ""),
    ]


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_a_code_is_good_thirty_seconds_around_now(ahead: int, alice: Person) -> None:
    enrol(alice)
    assert sign_in(alice, ahead)["user"]["email"] == alice.email


@pytest.mark.parametrize("ahead", [-3, 3, 120])
def test_a_code_of_another_time_is_not(ahead: int) -> None:
    assert matching_period(SECRET, code(ahead)) is None


def test_a_code_works_once_on_any_door_and_the_refusal_tells_nothing(alice: Person) -> None:
    enrol(alice)
    used = code()
    browser = password_shown(alice)
    assert browser.post(CODES, {"code": used}).status_code == 302
    reused = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": used})
    guessed = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": wrong()})
    bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in (reused, guessed)]
    assert (reused.status_code, bodies[0]["code"]) == (401, "invalid_code")
    assert bodies[0] == bodies[1]
    assert password_shown(alice).post(CODES, {"code": used}).status_code == 200
    reasons = [reason for _, _, reason in entries(alice, "governance.session.open")]
    assert reasons == ["", "reused_code", "wrong_code", "reused_code"]


def test_a_code_from_before_the_last_used_one_is_refused_too(alice: Person) -> None:
    enrol(alice)
    sign_in(alice, 1)
    answer = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": code(0)})
    assert answer.status_code == 401


def test_the_code_that_set_up_the_app_does_not_sign_in(alice: Person) -> None:
    browser = proven_browser(alice)
    secret = browser.get("/accounts/security/app/").context["typed"].replace(" ", "")
    shown = code(0, secret)
    post(browser, "/accounts/security/app/", {"code": shown})
    answer = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": shown})
    assert answer.status_code == 401


def test_of_one_code_shown_four_times_at_once_one_is_taken(alice: Person) -> None:
    enrol(alice)
    body = {"challenge": challenge(alice), "code": code()}
    codes = race(4, lambda _: call("POST", "auth/2fa/verify/", body).status_code)
    assert sorted(codes) == [200, 401, 401, 401]


def test_a_recovery_code_works_once(alice: Person) -> None:
    first, second, *_ = enrol(alice)
    body = {"challenge": challenge(alice), "code": f"{first[:4]} {first[4:]}"}
    assert call("POST", "auth/2fa/verify/", body).status_code == 200
    assert call("POST", "auth/2fa/verify/", body).status_code == 401
    assert password_shown(alice).post(CODES, {"code": second}).status_code == 302
    assert entries(alice, "governance.session.open")[-2][2] == "reused_code"


def test_new_codes_make_the_old_ones_worthless(alice: Person) -> None:
    browser = proven_browser(alice)
    old = enrol(alice)
    browser = proven_browser(alice)
    assert post(browser, "/accounts/security/codes/").status_code == 302
    fresh = browser.get("/accounts/security/codes/").context["codes"]
    assert not set(fresh) & set(old)
    answer = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": old[0]})
    assert answer.status_code == 401
    assert entries(alice, "governance.factor.renew_codes")[0][1] == "allowed"


def test_removing_the_app_forgets_the_codes_and_asks_for_the_password_only(alice: Person) -> None:
    enrol(alice)
    browser = proven_browser(alice)
    assert post(browser, "/accounts/security/app/remove/").status_code == 302
    assert not Authenticator.objects.filter(user=alice.user).exists()
    assert call("POST", "auth/login/", {"email": alice.email, "password": PASSWORD}).status_code == 200
    assert entries(alice, "governance.factor.remove")[0][1] == "allowed"


def test_the_first_factor_ends_every_other_sign_in(alice: Person) -> None:
    elsewhere, program = password_shown(alice), sign_in(alice)
    browser = proven_browser(alice)
    secret = browser.get("/accounts/security/app/").context["typed"].replace(" ", "")
    assert post(browser, "/accounts/security/app/", {"code": code(0, secret)}).status_code == 302
    assert browser.get("/api/v2/auth/me/").status_code == 200
    assert elsewhere.get("/api/v2/auth/me/").status_code == 401
    assert call("GET", "auth/me/", token=program["access"]).status_code == 401
    assert call("POST", "auth/refresh/", {"refresh": program["refresh"]}).status_code == 401


def test_a_second_app_is_a_conflict_and_the_page_leads_back(alice: Person) -> None:
    enrol(alice)
    browser = proven_browser(alice)
    assert browser.get("/accounts/security/app/").headers["Location"] == "/accounts/security/"
    answer = call("POST", "auth/2fa/enable/", token=(token := sign_in(alice, 1)["access"]))
    secret = answer.json()["secret"]
    again = call("POST", "auth/2fa/confirm/", {"code": code(0, secret)}, token=token)
    assert (again.status_code, again.json()["code"]) == (409, "factor_exists")


def test_a_program_sets_up_an_app_signs_in_with_it_and_removes_it(alice: Person, settings: Any) -> None:
    """Each change is told by e-mail, in case it was somebody else."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    token = sign_in(alice)["access"]
    begun = call("POST", "auth/2fa/enable/", token=token).json()
    assert begun["otpauth_url"].startswith("otpauth://totp/")
    bad = call("POST", "auth/2fa/confirm/", {"code": wrong(begun["secret"])}, token=token)
    assert (bad.status_code, set(bad.json()["errors"])) == (400, {"code"})
    done = call("POST", "auth/2fa/confirm/", {"code": code(0, begun["secret"])}, token=token)
    assert len(done.json()["recovery_codes"]) == 10
    status = call("GET", "auth/2fa/", token=token).json()
    assert status == {"enabled": True, "totp": True, "passkeys": [], "recovery_codes_left": 10}
    body = {"challenge": challenge(alice), "code": code(1, begun["secret"])}
    fresh = call("POST", "auth/2fa/verify/", body).json()["access"]
    assert call("POST", "auth/2fa/recovery-codes/", token=fresh).status_code == 200
    assert call("POST", "auth/2fa/disable/", token=fresh).json()["enabled"] is False
    assert [sent.to for sent in mail.outbox] == [[alice.email]] * 3


@pytest.mark.parametrize("text", ["", "12345", "1234567", "１２３４５６", "abcdef", "12345٦", "x" * 20, "000000;--"])
def test_what_is_no_code_is_refused_calmly(text: str, alice: Person) -> None:
    enrol(alice)
    answer = call("POST", "auth/2fa/verify/", {"challenge": challenge(alice), "code": text})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")
    assert password_shown(alice).post(CODES, {"code": text}).status_code == 200


def test_nobody_reaches_the_pages_of_an_account_without_signing_in(stranger: Client) -> None:
    for path in ("", "app/", "codes/", "codes/file/"):
        answer = stranger.get(f"/accounts/security/{path}")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
