"""What people type stays text: in SQL, in pages, in mail headers, in redirects (design 8.3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from governance.models import Identity, User
from tests.cast import PASSWORD, Api, Person, make_person

pytestmark = pytest.mark.security

NASTY = [
    "'; DROP TABLE governance_user; --",
    "' OR '1'='1",
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% debug %}{% load x %}",
    "${7*7} #{7*7} %{7*7}",
    "$(id) `id` ; id | id && id",
    "../../../../etc/passwd",
    '{"$gt": ""}',
    "%s %(id)s %n %x",
    "\u202egnp.exe \u200b",
    "javascript:alert(1)",
]
_people: list[Person] = []


@pytest.fixture
def zed(db: None) -> Person:
    """Somebody whose name changes all the time."""
    if not _people:
        _people.append(make_person("Zed"))
    return _people[0]


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_name_is_kept_to_the_letter_and_shown_as_text(text: str, zed: Person) -> None:
    answer = zed.api.patch("auth/me/", {"display_name": text})
    assert (answer.status_code, answer.json()["display_name"]) == (200, text.strip())
    assert User.objects.get(pk=zed.user.pk).display_name == text.strip()
    page = zed.browser.get("/audit/")
    assert page.status_code == 200
    for raw in ("<script>alert(1)", "<img src=x onerror", "{{ 7*7 }}49"):
        assert raw not in page.text


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_identity_name_is_shown_as_text(text: str, db: None) -> None:
    person = make_person("Zoe")
    made = person.api.post("auth/identities/", {"kind": "design", "name": text})
    assert made.status_code == 201
    assert Identity.objects.get(pk=made.json()["id"]).name == text.strip()
    page = person.browser.get("/audit/")
    assert "<script>alert(1)" not in page.text
    assert "<img src=x onerror" not in page.text


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_credential_signs_nobody_in(text: str, zed: Person) -> None:
    for body in ({"email": text, "password": PASSWORD}, {"email": zed.email, "password": text}):
        assert Api(None).post("auth/login/", body).status_code in {401, 429}
    assert Api(None).post("auth/refresh/", {"refresh": text}).status_code == 401


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("value", [{"$ne": None}, [], ["a"], True, None, 1, {"a": {"b": 1}}])
def test_an_operator_instead_of_a_text_is_400(field: str, value: Any, zed: Person) -> None:
    body = {"email": zed.email, "password": PASSWORD} | {field: value}
    answer = Api(None).post("auth/login/", body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("place", ["path", "query", "identity", "request id"])
def test_a_nasty_address_is_a_refusal_and_is_not_echoed_raw(text: str, place: str, zed: Person) -> None:
    from urllib.parse import quote

    paths = {"path": f"/api/v2/{quote(text)}/", "query": f"/api/v2/governance/audit/?{quote(text)}={quote(text)}"}
    headers = {
        "identity": {"HTTP_X_IDENTITY_ID": text.encode("ascii", "ignore").decode()},
        "request id": {"HTTP_X_REQUEST_ID": text.encode("ascii", "ignore").decode()},
    }.get(place, {})
    answer = Client().get(paths.get(place, "/api/v2/auth/me/"), **(zed.api.headers | headers))
    assert answer.status_code in {200, 400, 403, 404}
    assert answer.headers["Content-Type"].startswith("application/")
    assert text not in str(answer.headers)


@pytest.mark.parametrize("text", ["Zoé\r\nBcc: victim@example.com", "Zoé\nSubject: x", "Zoé\x0b\x0c"])
def test_a_line_break_in_a_name_reaches_no_mail_header(text: str, db: None, settings: Any) -> None:
    from django.core import mail

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    mail.outbox = []
    email = f"zoe-{uuid4().hex}@example.com"
    body = {"email": email, "password": PASSWORD, "display_name": text}
    assert Api(None).post("auth/register/", body).status_code in {201, 400}
    for message in mail.outbox:
        assert message.recipients() == [email]
        assert "victim" not in str(message.message()["Bcc"])
        assert "victim" not in str(message.message()["Subject"])


MORE_THAN_ASKED = [
    {"is_staff": True}, {"is_superuser": True}, {"is_active": True}, {"id": str(uuid4())}, {"role": "owner"},
    {"email": "admin@example.com"}, {"password": "x"}, {"owner": "x"}, {"is_default": True},
    {"joined_at": "2020-01-01"},
]  # fmt: skip


@pytest.mark.parametrize("more", MORE_THAN_ASKED, ids=lambda more: next(iter(more)))
def test_no_field_can_be_slipped_in(more: dict[str, Any], zed: Person) -> None:
    (field,) = more
    assert set(zed.api.patch("auth/me/", more).json()["errors"]) == {field}
    identity = zed.api.post("auth/identities/", {"kind": "design", "name": "X", **more})
    assert set(identity.json()["errors"]) == {field}
    if field not in {"email", "password"}:
        new = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "display_name": "X", **more}
        assert set(Api(None).post("auth/register/", new).json()["errors"]) == {field}
    person = User.objects.get(pk=zed.user.pk)
    assert (person.is_staff, person.is_superuser, person.email) == (False, False, zed.email)
