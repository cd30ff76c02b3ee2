"""Signing up and in through the pages, in both languages; the answers nobody asked for (design 3.9, 11)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from governance.models import AuditEntry, Identity, User, WorkerBeat
from tests.cast import PASSWORD, Person


def address() -> str:
    return f"zoe-{uuid4().hex}@example.com"


def sign_up(client: Client, language: str, **fields: str) -> Any:
    form = {"email": address(), "password1": PASSWORD, "display_name": "Zoé Tremblay"} | fields
    return client.post(reverse("account_signup"), form, HTTP_ACCEPT_LANGUAGE=language)


def last_actions(person: Person, count: int) -> list[str]:
    with person.looking():
        found = AuditEntry.objects.latest_first().values_list("action", flat=True)[:count]
        return list(found)[::-1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_signing_up_makes_the_person_the_identity_and_a_session(language: str, stranger: Client) -> None:
    email = address()
    assert stranger.get(reverse("account_signup"), HTTP_ACCEPT_LANGUAGE=language).status_code == 200
    answer = sign_up(stranger, language, email=email.upper())
    assert answer.status_code == 302
    person = User.objects.get(email=email)
    assert (person.display_name, person.language) == ("Zoé Tremblay", language)
    identity = Identity.objects.get(owner=person)
    assert (identity.kind, identity.is_default) == ("personal", True)
    assert stranger.get("/api/v2/auth/me/").json()["email"] == email
    assert last_actions(Person(person, identity), 2) == ["governance.person.register", "governance.session.open"]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"password1": "short7!"}, "password1"),
        ({"password1": "password123"}, "password1"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
    ],
)
def test_a_wrong_field_is_named_on_the_form(
    language: str, fields: dict[str, str], wrong: str, stranger: Client
) -> None:
    before = User.objects.count()
    answer = sign_up(stranger, language, **fields)
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {wrong}
    assert User.objects.count() == before


def test_a_taken_address_is_told_on_the_form_while_verification_is_optional(alice: Person, stranger: Client) -> None:
    answer = sign_up(stranger, "en", email=alice.email)
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"email"}


def test_with_mandatory_verification_the_page_tells_nothing_about_an_address(alice: Person, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    answers = [sign_up(Client(), "en", email=email) for email in (address(), alice.email)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


@pytest.mark.parametrize("policy", ["closed", "invite"])
def test_a_closed_installation_shows_no_form_and_makes_no_account(
    policy: str, alice: Person, stranger: Client, settings: Any
) -> None:
    settings.SIGNUP_POLICY = policy
    before = User.objects.count()
    page = stranger.get(reverse("account_signup"))
    assert b"password1" not in page.content
    sign_up(stranger, "en")
    assert User.objects.count() == before


@pytest.mark.parametrize("language", ["fr", "en"])
def test_signing_in_opens_a_session_with_a_fresh_context(language: str, alice: Person, stranger: Client) -> None:
    answer = stranger.post(
        reverse("account_login"), {"login": alice.email.upper(), "password": PASSWORD}, HTTP_ACCEPT_LANGUAGE=language
    )
    assert answer.status_code == 302
    assert stranger.session["epoch"]
    assert stranger.get("/api/v2/auth/me/").json()["email"] == alice.email
    assert last_actions(alice, 1) == ["governance.session.open"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_wrong_password_and_an_unknown_address_show_the_same_page(language: str, alice: Person) -> None:
    errors = []
    for login, password in ((alice.email, "wrong-pass-word"), (address(), PASSWORD)):
        answer = Client().post(
            reverse("account_login"), {"login": login, "password": password}, HTTP_ACCEPT_LANGUAGE=language
        )
        assert answer.status_code == 200
        errors.append(answer.context["form"].errors.as_json())
    assert errors[0] == errors[1]


def test_five_failures_lock_the_page_for_known_and_unknown_alike(alice: Person) -> None:
    for login in (alice.email, address()):
        for number in range(5):
            Client().post(reverse("account_login"), {"login": login, "password": f"wrong-{number}"})
        answer = Client().post(reverse("account_login"), {"login": login, "password": PASSWORD})
        assert "sessionid" not in answer.cookies, login


def test_the_api_and_the_page_share_one_lock(alice: Person) -> None:
    from tests.cast import Api

    for number in range(5):
        Client().post(reverse("account_login"), {"login": alice.email, "password": f"wrong-{number}"})
    answer = Api(None).post("auth/login/", {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 429


def test_signing_out_ends_the_session(alice: Person) -> None:
    browser = alice.browser
    key = browser.session.session_key
    assert browser.get(reverse("account_logout")).status_code == 200, "asking does not sign out"
    assert browser.get("/api/v2/auth/me/").status_code == 200
    assert browser.post(reverse("account_logout")).status_code == 302
    assert browser.get("/api/v2/auth/me/").status_code == 401
    assert not Session.objects.filter(session_key=key).exists()


def test_the_session_has_a_new_key_after_signing_in(alice: Person, stranger: Client) -> None:
    """A key planted before the sign-in must be worth nothing afterwards."""
    session = stranger.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    stranger.cookies["sessionid"] = planted
    stranger.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    assert stranger.session.session_key != planted


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_foreign_place(target: str, alice: Person, stranger: Client) -> None:
    answer = stranger.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]


def test_signing_in_leads_back_to_where_one_was(alice: Person, stranger: Client) -> None:
    answer = stranger.post(
        reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": "/settings/theme/?a=1"}
    )
    assert answer.headers["Location"] == "/settings/theme/?a=1"


def test_switching_identity_makes_every_open_page_stale_and_is_recorded(alice: Person, workshop: Any) -> None:
    browser = alice.browser
    browser.get("/api/v2/auth/me/")
    before = browser.session["epoch"]
    answer = alice.post(f"/identities/{workshop.pk}/activate/")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("home"))
    assert browser.session["identity"] == str(workshop.pk)
    assert browser.session["epoch"] != before
    assert last_actions(alice, 1) == ["governance.identity.activate"]


def test_a_page_nobody_has_is_a_calm_404(alice: Person) -> None:
    answer = alice.browser.get("/nowhere/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_probes_answer_json_to_anybody(stranger: Client) -> None:
    alive = stranger.get("/healthz")
    assert (alive.status_code, alive.json()["status"]) == (200, "ok")
    WorkerBeat.objects.all().delete()  # what a worker that another test has killed left behind
    ready = stranger.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["checks"]["database"] == "ok"
    assert stranger.post("/healthz").status_code == 405


def test_a_host_that_is_not_ours_is_400_and_json_for_programs(stranger: Client) -> None:
    page = stranger.get("/", HTTP_HOST="evil.example")
    assert page.status_code == 400
    program = stranger.get("/api/v2/auth/me/", HTTP_HOST="evil.example")
    assert (program.status_code, program.json()["code"]) == (400, "invalid")
