"""The API's edge: strict JSON, problem documents, CSRF for cookies, pages by keyset (design 6, 6.3)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request

from governance.access import rest
from governance.access.rest import KeysetPages, parse_json
from governance.access.tokens import issue
from governance.errors import BadInput
from governance.models import IdempotencyRecord as Record
from governance.models import User
from tests.cast import Api, Person, make_person
from tests.governance.isolation.walls import record

ME = "/api/v2/auth/me/"
KEY = {"HTTP_IDEMPOTENCY_KEY": "a-key-of-enough-length"}
_people: list[Person] = []


@pytest.fixture
def alice(db: None) -> Person:
    """One Alice for the module: nothing here may change her."""
    if not _people:
        _people.append(make_person("Alice"))
    return _people[0]


@pytest.fixture
def api(alice: Person) -> Api:
    return alice.api


def nested(levels: int, around: str = "[") -> bytes:
    """A body of `levels` levels, the object itself counted."""
    inside = levels - 1
    opening, closing = ("[", "]") if around == "[" else ('{"a":', "}")
    return ('{"display_name":' + opening * inside + ("1" if around == "{" else "") + closing * inside + "}").encode()


UNREADABLE = {
    "broken": b'{"theme": ',
    "two objects": b"{}{}",
    "single quotes": b"{'theme': 'dark'}",
    "a comment": b"{/* */}",
    "a trailing comma": b'{"theme": "dark",}',
    "not UTF-8": '{"display_name": "é"}'.encode("latin-1"),
    "UTF-16": '{"theme": "dark"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"display_name": NaN}',
    "Infinity": b'{"display_name": -Infinity}',
    "a number too large": b'{"display_name": 1e400}',
    "a number of too many digits": b'{"display_name": ' + b"9" * 5000 + b"}",
    "a doubled key": b'{"theme": "dark", "theme": "light"}',
    "a doubled key deep down": b'{"display_name": {"a": 1, "a": 2}}',
    "a list": b"[]",
    "a string": b'"theme"',
    "a number": b"7",
    "null": b"null",
    "65 levels of lists": nested(65),
    "65 levels of objects": nested(65, "{"),
    "100 000 levels": nested(100_000),
    "a key with a lone surrogate": b'{"\\ud800": 1}',
    "a deep key with a lone surrogate": b'{"display_name": {"\\udfff": 1}}',
}


@pytest.mark.parametrize("name", list(UNREADABLE))
@pytest.mark.parametrize("headers", [{}, KEY], ids=["", "with a key"])
def test_a_body_that_is_no_strict_json_object_is_400(name: str, headers: dict[str, str], api: Api) -> None:
    answer = api.patch("auth/me/", UNREADABLE[name], **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "errors" not in answer.json()


def test_64_levels_are_read_and_then_refused_for_their_type(api: Api) -> None:
    answer = api.patch("auth/me/", nested(64))
    assert set(answer.json()["errors"]) == {"display_name"}


WRONG_FIELDS: dict[str, tuple[bytes, str]] = {
    "an unknown field": (b'{"colour": "red"}', "colour"),
    "an unknown field of odd letters": ('{"naïve 😀": 1}'.encode(), "naïve 😀"),
    "a field named with NUL": (b'{"a\\u0000": 1}', "__all__"),
    "a list for a text": (b'{"display_name": ["a"]}', "display_name"),
    "an object for a text": (b'{"display_name": {"a": 1}}', "display_name"),
    "a number for a text": (b'{"display_name": 1}', "display_name"),
    "an enormous number for a text": (b'{"display_name": ' + b"9" * 4000 + b"}", "display_name"),
    "a truth for a text": (b'{"display_name": true}', "display_name"),
    "too long": (json.dumps({"display_name": "x" * 81}).encode(), "display_name"),
    "empty": (b'{"display_name": "   "}', "display_name"),
    "a wrong choice": (b'{"theme": "pink"}', "theme"),
    "NUL": (b'{"display_name": "a\\u0000b"}', "__all__"),
    "a lone surrogate": (b'{"display_name": "\\ud800"}', "__all__"),
    "a lone low surrogate": (b'{"display_name": "x\\udc00"}', "__all__"),
}


@pytest.mark.parametrize("name", list(WRONG_FIELDS))
@pytest.mark.parametrize("headers", [{}, KEY], ids=["", "with a key"])
def test_a_wrong_field_is_400_and_named(name: str, headers: dict[str, str], api: Api, alice: Person) -> None:
    body, field = WRONG_FIELDS[name]
    answer = api.patch("auth/me/", body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["errors"]) == {field}
    person = User.objects.get(pk=alice.user.pk)
    assert (person.display_name, person.theme) == ("Alice", "auto")


def test_a_pair_of_surrogates_is_one_letter_and_texts_are_composed(db: None) -> None:
    person = make_person("Zoe")
    body = b'{"display_name": " \\ud83d\\ude00 e\\u0301 "}'
    assert person.api.patch("auth/me/", body).json()["display_name"] == "😀 é"


def test_one_megabyte_is_read_and_one_byte_more_is_413(api: Api) -> None:
    for size, status in ((1024 * 1024, 400), (1024 * 1024 + 1, 413), (3 * 1024 * 1024, 413)):
        body = b'{"colour": "' + b"x" * (size - 14) + b'"}'
        assert len(body) == size
        answer = api.patch("auth/me/", body)
        assert answer.status_code == status
    assert answer.json()["code"] == "payload_too_large"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "x"],
)
def test_another_content_type_is_415(content_type: str, api: Api) -> None:
    answer = api.client.generic("PATCH", ME, b'{"theme": "dark"}', content_type=content_type, **api.headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_empty_body_is_an_empty_object(api: Api) -> None:
    assert api.patch("auth/me/", b"").status_code == 200
    assert api.patch("auth/me/", b" \n").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "auth/me/"),
        ("PUT", "auth/identities/"),
        ("GET", "auth/logout/"),
        ("TRACE", "auth/me/"),
        ("BREW", "auth/me/"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(method: str, path: str, api: Api) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "Allow" in answer.headers


def test_a_wish_for_another_format_is_406_and_an_unknown_path_404(api: Api) -> None:
    assert api.get("auth/me/", HTTP_ACCEPT="application/xml").status_code == 406
    missing = api.get("auth/nothing/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


PROBLEMS = {
    "anonymous": (lambda api: Api(None).get("auth/me/"), 401),
    "broken JSON": (lambda api: api.patch("auth/me/", b"{"), 400),
    "wrong field": (lambda api: api.patch("auth/me/", {"colour": 1}), 400),
    "foreign identity": (lambda api: api.get("auth/me/", HTTP_X_IDENTITY_ID="x"), 403),
    "not found": (lambda api: api.get("auth/nothing/"), 404),
    "wrong method": (lambda api: api.delete("auth/me/"), 405),
    "wrong format": (lambda api: api.get("auth/me/", HTTP_ACCEPT="text/csv"), 406),
    "conflict": (lambda api: api.post("auth/identities/", {"kind": "personal", "name": "x"}), 409),
    "too large": (lambda api: api.patch("auth/me/", b" " * (1024 * 1024 + 1)), 413),
    "wrong type": (lambda api: api.client.generic("PATCH", ME, b"x", content_type="text/plain", **api.headers), 415),
}


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_every_refusal_is_a_problem_document(name: str, api: Api) -> None:
    ask, status = PROBLEMS[name]
    answer = ask(api)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body)
    assert body["status"] == status
    assert body["type"] == f"urn:chenu:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("asked", "spoken"), [("en", "en"), ("en-CA,fr;q=0.5", "en"), ("fr", "fr"), ("de", "fr"), ("", "fr")]
)
def test_problems_speak_the_callers_language(asked: str, spoken: str, stranger: Client) -> None:
    assert stranger.get(ME, HTTP_ACCEPT_LANGUAGE=asked).headers["Content-Language"] == spoken


# --- CSRF --------------------------------------------------------------------------------------------


def by_cookie(person: Person, **headers: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person.user)
    client.get(ME)
    epoch = client.session["epoch"]
    client.cookies["csrftoken"] = "a" * 32
    return client.generic("PATCH", ME, b"{}", content_type="application/json", HTTP_X_CHENU_EPOCH=epoch, **headers)


def test_a_cookie_call_without_the_csrf_token_is_403(alice: Person) -> None:
    for headers in ({}, {"HTTP_X_CSRFTOKEN": "b" * 32}, {"HTTP_X_CSRFTOKEN": ""}):
        answer = by_cookie(alice, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_cookie_call_with_the_csrf_token_passes(alice: Person) -> None:
    assert by_cookie(alice, HTTP_X_CSRFTOKEN="a" * 32).status_code == 200


def test_a_cookie_call_from_another_origin_is_403(alice: Person) -> None:
    assert by_cookie(alice, HTTP_X_CSRFTOKEN="a" * 32, HTTP_ORIGIN="https://evil.example").status_code == 403


def test_a_token_call_needs_no_csrf_token_even_with_a_cookie_beside_it(alice: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {issue(alice.user).access}"}
    assert client.generic("PATCH", ME, b"{}", content_type="application/json", **headers).status_code == 200


def test_without_the_csrf_check_a_forged_call_would_pass(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin."""
    monkeypatch.setattr(rest.CSRFCheck, "process_view", lambda *_: None)
    assert by_cookie(alice).status_code == 200


def test_a_form_without_the_csrf_token_is_403_and_says_to_reload(alice: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    client.get(ME)
    answer = client.post("/settings/theme/", {"theme": "dark", "epoch": client.session["epoch"]})
    assert answer.status_code == 403
    assert User.objects.get(pk=alice.user.pk).theme == "auto"


# --- Pages by keyset -----------------------------------------------------------------------------------


def pages(query: str) -> Any:
    """A page of the kept answers of who is bound."""
    request = Request(RequestFactory().get("/api/v2/records/" + query))
    return KeysetPages.answer(request, Record.objects.all(), lambda row: str(row.pk)).data


def test_pages_follow_one_another_without_gap_or_repetition(db: None) -> None:
    person = make_person("Paula")
    made = [str(record(person).pk) for _ in range(5)]
    found: list[str] = []
    query = "?limit=2"
    with person.looking():
        while query:
            page = pages(query)
            found += page["results"]
            query = "?" + page["next"].partition("?")[2] if page["next"] else ""
        assert found == made[::-1], "newest first"
        assert page["previous"] is not None
        assert pages("")["results"] == made[::-1]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "²", "1e2", "\x00", "9" * 30])
def test_a_limit_that_is_none_is_named(limit: str, alice: Person) -> None:
    from urllib.parse import quote

    with alice.looking(), pytest.raises(BadInput) as refusal:
        pages(f"?limit={quote(limit)}")
    assert set(refusal.value.errors) == {"limit"}


@pytest.mark.parametrize("cursor", ["x", "%00", "cD1ub3QtYW4taWQ%3D", "cD0lMDA%3D", "bz05OTk5OTk5OTk5", "é", "cD0x"])
def test_a_cursor_that_is_none_is_named(cursor: str, alice: Person) -> None:
    with alice.looking():
        try:
            page = pages(f"?cursor={cursor}")
        except BadInput as refusal:
            assert set(refusal.errors) == {"cursor"}
        else:
            assert page["results"] == [], "an offset beyond the end shows nothing"


# --- Anything at all --------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(st.sampled_from(["display_name", "theme", "language", "x"]) | st.text(), VALUES, max_size=4)
)
def test_any_object_is_a_success_or_a_named_refusal(body: dict[str, Any], db: None) -> None:
    if len(_people) < 2:
        _people.extend([make_person("Alice"), make_person("Zed")])
    answer = _people[-1].api.patch("auth/me/", json.dumps(body).encode(), **KEY)
    assert answer.status_code in {200, 400, 403, 422}


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_an_object_or_bad_input(raw: bytes) -> None:
    with suppress(BadInput):
        assert isinstance(parse_json(raw), dict)


def test_a_flat_page_shows_what_the_objects_themselves_would(alice: Person) -> None:
    """Lists read columns, single answers read objects: both say the same of a row, on every page of the list."""
    made = [
        alice.api.post("items/", {"title": f"n{number}", "sphere": "personal", "type": "note"}).json()
        for number in range(3)
    ]
    first = alice.api.get("items/?limit=2").json()
    second = alice.api.get(first["next"].split("/api/v2/")[1]).json()
    assert first["results"] + second["results"] == made[::-1]
    assert first["results"][0] == alice.api.get(f"items/{made[2]['id']}/").json()


def test_a_form_without_a_body_is_no_fault_of_ours(alice: Person) -> None:
    """Many clients say so of every POST; what they send is an empty form that nothing may change."""
    form = {
        "content_type": "application/x-www-form-urlencoded",
        "HTTP_AUTHORIZATION": f"Bearer {issue(alice.user).access}",
    }
    answer = Client().generic("POST", f"/api/v2/auth/identities/{alice.identity.pk}/activate/", b"", **form)
    assert answer.status_code == 200
